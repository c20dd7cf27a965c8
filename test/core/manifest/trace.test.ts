import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../../../src/core/manifest/snapshot.ts'
import { planBump, trace } from '../../../src/core/manifest/trace.ts'
import { deployment, folder, refusalOf } from './folder.ts'

const query = { kind: 'Deployment', namespace: 'prod', name: 'web' }
const digest = (digit: string) => `sha256:${digit.repeat(64)}`

function overlay(images: string, image = 'app:1.0.0') {
  return folder({
    'prod/kustomization.yaml': `namespace: prod\nresources: [web.yaml]\n${images}`,
    'prod/web.yaml': deployment('web', image),
  })
}

function bumped(images: string, to: string, image?: string): string | undefined {
  const snapshot = overlay(images, image)
  return planBump(snapshot, trace(snapshot, 'prod', query), to).map((edit) => edit.after)[0]
}

describe('trace', () => {
  test('tells the steps, each with file and line', () => {
    const images = 'images:\n- name: app\n  newName: acme/app\n- name: acme/app\n  newTag: "2"\n'
    expect(trace(overlay(images), 'prod', query)).toMatchObject({
      container: 'web',
      image: 'acme/app:2',
      file: 'prod/kustomization.yaml',
      line: 7,
      keyPath: '0:images[1].newTag',
      value: '2',
      via: [
        'prod/web.yaml:10 container web has the image app:1.0.0',
        'prod/kustomization.yaml:4 images entry app makes it acme/app:1.0.0',
        'prod/kustomization.yaml:6 images entry acme/app makes it acme/app:2',
      ],
    })
  })

  test('an entry decides every container that ends in it, also behind an inner rename', () => {
    const snapshot = folder({
      'root/kustomization.yaml': 'resources: [a, b, c.yaml]\nimages:\n- {name: acme/app, newTag: v1}\n',
      'root/a/kustomization.yaml':
        'namespace: one\nnamePrefix: x-\nresources: [d.yaml]\nimages:\n- {name: app, newName: acme/app}\n',
      'root/a/d.yaml': deployment('web', 'app'),
      'root/b/kustomization.yaml': 'namespace: two\nresources: [d.yaml]\n',
      'root/b/d.yaml': deployment('web', 'acme/app:old'),
      'root/c.yaml': deployment('web', 'acme/other:1', 'three'),
    })
    expect(trace(snapshot, 'root', { ...query, namespace: 'two' }).containers).toEqual([
      { kind: 'Deployment', namespace: 'two', name: 'web', container: 'web' },
      { kind: 'Deployment', namespace: 'one', name: 'x-web', container: 'web' },
    ])
  })

  test('an anchored image decides the containers that alias it', () => {
    const text = `${deployment('web', '&app app:1', 'prod')}        - name: copy\n          image: *app\n`
    const found = trace(folder({ 'a/web.yaml': text }), 'a', { ...query, container: 'web' })
    expect(found.containers.map(({ container }) => container)).toEqual(['web', 'copy'])
  })

  test('a base that one root deploys twice is one slot with two workloads', () => {
    const snapshot = folder({
      'r/kustomization.yaml': 'resources: [eu, us]\n',
      'r/eu/kustomization.yaml': 'namePrefix: eu-\nresources: [../base]\n',
      'r/us/kustomization.yaml': 'nameSuffix: -us\nresources: [../base]\n',
      'r/base/kustomization.yaml': 'resources: [web.yaml]\n',
      'r/base/web.yaml': deployment('web', 'app:1'),
    })
    expect(trace(snapshot, 'r', { ...query, name: 'web-us' }).containers.map(({ name }) => name)).toEqual([
      'web-us',
      'eu-web',
    ])
  })

  test('the namespace may come from the engine', () => {
    const snapshot = folder({ 'a/web.yaml': deployment('web', 'app:1', 'elsewhere') })
    expect(refusalOf(() => trace(snapshot, 'a', query))?.code).toBe('NotTraced')
    expect(trace(snapshot, 'a', { ...query, targetNamespace: 'prod' }).image).toBe('app:1')
  })

  test('a manifest without namespace is taken when it is the only one', () => {
    const one = { 'a/web.yaml': deployment('web', 'app:1') }
    expect(trace(folder(one), 'a', query).image).toBe('app:1')
    const two = { ...one, 'a/web2.yaml': deployment('web', 'app:2') }
    expect(refusalOf(() => trace(folder(two), 'a', query))).toMatchObject({
      code: 'Ambiguous',
      evidence: ['a/web.yaml:1 declares Deployment web', 'a/web2.yaml:1 declares Deployment web'],
    })
    const exact = { ...two, 'a/web3.yaml': deployment('web', 'app:3', 'prod') }
    expect(trace(folder(exact), 'a', query).image).toBe('app:3')
  })

  test('the live image tells which container is meant, and decides nothing', () => {
    const text = `${deployment('web', 'app:1', 'prod')}        - {name: side, image: 'envoy:1'}\n`
    const snapshot = folder({ 'a/web.yaml': text })
    expect(refusalOf(() => trace(snapshot, 'a', query))?.code).toBe('Ambiguous')
    expect(trace(snapshot, 'a', { ...query, image: 'envoy:1' }).container).toBe('side')
    expect(trace(snapshot, 'a', { ...query, container: 'web', image: 'app:0.9' }).image).toBe('app:1')
  })

  test.each([
    ['no such folder', 'x', folder({ 'a/b.yaml': '' }), 'NotTraced', /no folder x/],
    ['a root outside', '../x', folder({ 'a/b.yaml': '' }), 'NotTraced', /leaves the repository/],
    ['a suffix to no tag', 'prod', overlay('images:\n- {name: app, tagSuffix: -x}\n', 'app'), 'Masked', /tagSuffix/],
    [
      'a suffix in place of a digest',
      'prod',
      overlay('images:\n- {name: app, tagSuffix: -x}\n', `app:1@${digest('1')}`),
      'Masked',
      /tagSuffix/,
    ],
    ['a transformer', 'prod', overlay('transformers: [t.yaml]\n'), 'Masked', /patch or transformer/],
    ['no image', 'prod', overlay('', ''), 'NotEditable', /has no image/],
    [
      'a symlink',
      'a',
      folder({ 'a/kustomization.yaml': 'resources: [w.yaml]', 'a/w.yaml': null }),
      'NotTraced',
      /not declared/,
    ],
  ])('%s is refused', (_, root, snapshot, code, why) => {
    const refusal = refusalOf(() => trace(snapshot, root, query))
    expect(refusal?.code).toBe(code)
    expect(refusal?.message).toMatch(why)
  })

  test('a file that names the workload and cannot be read is the reason', () => {
    const snapshot = folder({ 'a/web.yaml': 'kind: Deployment\nmetadata:\n  name: web\n\tx: y\n' })
    expect(refusalOf(() => trace(snapshot, 'a', query))).toMatchObject({ code: 'ManifestInvalid' })
  })

  test('hundreds of questions get the same answers as the first', () => {
    const files = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`a/${index}.yaml`, deployment(`web-${index}`, `app:${index}`, 'prod')]),
    )
    const snapshot = folder(files)
    for (let index = 0; index < 50; index += 1) {
      const asked = { ...query, name: `web-${index}` }
      expect(trace(snapshot, 'a', asked).image).toBe(`app:${index}`)
      expect(trace(folder(files), 'a', asked).image).toBe(`app:${index}`)
    }
  })
})

describe('a workload that may be in a file that was not read', () => {
  const query = { kind: 'Deployment', namespace: '', name: 'big' }
  const unread = (files: Record<string, string | null>): Snapshot => {
    const all = folder(files)
    return { ...all, text: (path) => (path.startsWith('apps/big') ? undefined : all.text(path)) }
  }

  test.each([
    ['a plain folder', {}],
    ['a kustomization', { 'apps/kustomization.yaml': 'resources: [web.yaml, gone.yaml, big.yaml]\n' }],
  ])('in %s is refused with the file as evidence', (_, files) => {
    const snapshot = unread({ 'apps/web.yaml': deployment('web', 'web:1'), 'apps/big.yaml': '', ...files })
    const refusal = refusalOf(() => trace(snapshot, 'apps', query))
    expect(refusal?.code).toBe('NotTraced')
    expect(refusal?.evidence[0]).toBe('apps/big.yaml is larger than 1 MiB or not UTF-8; it was not read')
  })

  test.each([
    ['a symlink', 'link.yaml', 'apps/link.yaml is a symlink; it was not followed'],
    ['a file of another name', 'big.txt', 'apps/big.txt has no name of a YAML or JSON file; it was not read'],
  ])('%s is told for what it is', (_, name, line) => {
    const files = { 'apps/kustomization.yaml': `resources: [${name}]\n`, 'apps/big.txt': '', 'apps/link.yaml': null }
    expect(refusalOf(() => trace(unread(files), 'apps', query))?.evidence).toEqual([line])
  })
})

describe('planBump', () => {
  test.each([
    ['a tag', '- {name: app, newTag: v1}', 'app:v2', '- {name: app, newTag: v2}'],
    ['a tag that is no string', '- {name: app, newTag: v1}', 'app:1.20', '- {name: app, newTag: "1.20"}'],
    ['an own newName', '- {name: app, newName: b, newTag: v1}', 'c/d:v2', '- {name: app, newName: c/d, newTag: v2}'],
    [
      'a digest behind the tag',
      '- {name: app, newTag: v1}',
      `app:v2@${digest('2')}`,
      `- {name: app, newTag: v2@${digest('2')}}`,
    ],
    [
      'a digest that stood behind the tag',
      `- {name: app, newTag: "v1@${digest('1')}"}`,
      `app:v2@${digest('2')}`,
      `- {name: app, newTag: "v2@${digest('2')}"}`,
    ],
    [
      'a digest alone',
      `- {name: app, digest: "${digest('1')}"}`,
      `app:v2@${digest('2')}`,
      `- {name: app, digest: "${digest('2')}"}`,
    ],
  ])('%s', (_, entry, to, after) => {
    expect(bumped(`images:\n${entry}\n`, to)).toBe(`namespace: prod\nresources: [web.yaml]\nimages:\n${after}\n`)
  })

  test.each([
    ['a digest left behind', `- {name: app, newTag: "v1@${digest('1')}"}`, 'app:v2', 'DigestUnknown'],
    ['a digest field left behind', `- {name: app, digest: "${digest('1')}"}`, 'app:v2', 'DigestUnknown'],
    ['a name that another place decides', '- {name: app, newTag: v1}', 'other:v2', 'NotEditable'],
    ['no tag for a tag field', '- {name: app, newTag: v1}', `app@${digest('2')}`, 'NotEditable'],
    [
      'a new name that an outer entry no longer matches',
      '- {name: app, newName: b}\n- {name: b, newTag: v1}',
      'c:v2',
      'NotEditable',
    ],
    ['no reference', '- {name: app, newTag: v1}', 'app:a b', 'UsageInvalid'],
    ['neither tag nor digest', '- {name: app, newTag: v1}', 'app', 'UsageInvalid'],
  ])('refuses %s', (_, entry, to, code) => {
    expect(refusalOf(() => bumped(`images:\n${entry}\n`, to))?.code).toBe(code)
  })

  test('a digest in a manifest needs a new one', () => {
    expect(refusalOf(() => bumped('', 'app:v2', `app:v1@${digest('1')}`))?.code).toBe('DigestUnknown')
  })

  test('an equal image is no change', () => {
    expect(bumped('images:\n- {name: app, newTag: v1}\n', 'app:v1')).toBeUndefined()
  })

  test('a snapshot that moved on is refused', () => {
    const traced = trace(overlay('images:\n- {name: app, newTag: v1}\n'), 'prod', query)
    const moved = overlay('images:\n- {name: app, newTag: v3}\n')
    expect(refusalOf(() => planBump(moved, traced, 'app:v2'))?.code).toBe('ValueChanged')
  })
})

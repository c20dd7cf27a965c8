import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFolder } from '../../src/cli/folder-snapshot.ts'
import { traceCommand } from '../../src/cli/trace.ts'
import { deployment } from '../core/manifest/folder.ts'
import { folderOnDisk, run } from './offline-folder.ts'

let folder = ''
let remove = async () => {}

beforeAll(async () => {
  const made = await folderOnDisk({
    'apps/kustomization.yaml': 'namespace: prod\nresources: [web.yaml]\nimages:\n- name: app\n  newTag: v1\n',
    'apps/web.yaml': deployment('web', 'app'),
    'node_modules/x.yaml': 'a: b',
    '.git/config': '',
    'README.md': '# not read',
    'outside/web.yaml': deployment('web', 'app:9', 'prod'),
  })
  folder = made.folder
  remove = made.remove
  await mkdir(path.join(folder, 'linked'))
  await symlink(path.join(folder, 'outside/web.yaml'), path.join(folder, 'linked/web.yaml'))
  await symlink(path.join(folder, 'outside'), path.join(folder, 'linked/folder'))
  await writeFile(path.join(folder, 'latin.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]))
})

afterAll(() => remove())

const at = (...args: string[]) => ['--repo', folder, '--root', 'apps', ...args]

describe('fairlead trace', () => {
  test('says where the image is decided, as JSON', async () => {
    const { code, stdout } = await run(traceCommand, at('deployment/prod/web', '-o', 'json'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      container: 'web',
      image: 'app:v1',
      file: 'apps/kustomization.yaml',
      line: 5,
      keyPath: '0:images[0].newTag',
      value: 'v1',
      via: [
        'apps/web.yaml:10 container web has the image app',
        'apps/kustomization.yaml:4 images entry app makes it app:v1',
      ],
    })
  })

  test('says it in words', async () => {
    const { code, stdout } = await run(traceCommand, at('Deployment/web', '--container', 'web'))
    expect(code).toBe(0)
    expect(stdout).toMatch(/^web: app:v1\napps\/kustomization.yaml:5 0:images\[0\].newTag = v1\n/)
  })

  test('a refusal is exit 1, with code, message and evidence', async () => {
    const { code, stdout } = await run(traceCommand, at('deploy/staging/web', '-o', 'json'))
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      refused: {
        code: 'NotTraced',
        message: 'Deployment staging/web is not declared under apps.',
        evidence: ['apps/web.yaml:1 declares Deployment prod/web'],
      },
    })
    const words = await run(traceCommand, at('deploy/staging/web'))
    expect(words).toMatchObject({ code: 1, stdout: '' })
    expect(words.stderr).toMatch(/^NotTraced: .*\n {2}apps\/web.yaml:1/)
  })

  test.each([
    ['no repository', ['--root', 'apps', 'deploy/web'], /--repo DIR is missing/],
    ['no root', ['--repo', '.', 'deploy/web'], /--root PATH is missing/],
    ['no workload', ['--repo', '.', '--root', '.'], /KIND/],
    ['two workloads', ['--repo', '.', '--root', '.', 'deploy/a', 'deploy/b'], /Exactly one/],
    ['a workload without kind', ['--repo', '.', '--root', '.', 'web'], /KIND/],
    [
      'a namespace for a kind',
      ['--repo', '.', '--root', '.', 'prod/web'],
      /"prod" is no kind.*Deployment.*HelmRelease/,
    ],
    ['an empty name', ['--repo', '.', '--root', '.', 'deploy/'], /KIND/],
    ['an unknown option', ['--repo', '.', '--root', '.', 'deploy/a', '--nope'], /nope/],
    ['an unknown output', ['--repo', '.', '--root', '.', 'deploy/a', '-o', 'yaml'], /-o yaml/],
    ['a folder that is not there', ['--repo', '/does/not/exist', '--root', '.', 'deploy/a'], /no folder/],
  ])('%s is wrong use: exit 2', async (_, args, why) => {
    const words = await run(traceCommand, args)
    expect(words.code).toBe(2)
    expect(words.stderr).toMatch(why)
    if (args.includes('-o')) return
    const json = await run(traceCommand, [...args, '-o', 'json'])
    expect(json).toMatchObject({ code: 2, stderr: '' })
    expect(JSON.parse(json.stdout).error).toMatchObject({ code: 'UsageInvalid', message: expect.stringMatching(why) })
  })
})

describe('readFolder', () => {
  test('lists what Git would, and reads only regular YAML and JSON', () => {
    const snapshot = readFolder(folder)
    expect(snapshot.paths).toEqual([
      'README.md',
      'apps/kustomization.yaml',
      'apps/web.yaml',
      'latin.yaml',
      'linked/folder',
      'linked/web.yaml',
      'outside/web.yaml',
    ])
    expect(snapshot.mode('linked/web.yaml')).toBe('120000')
    expect(snapshot.mode('apps/web.yaml')).toBe('100644')
    expect(snapshot.mode('gone')).toBeUndefined()
    for (const path of ['linked/web.yaml', 'linked/folder/web.yaml', 'README.md', 'latin.yaml', '../x.yaml']) {
      expect(snapshot.text(path)).toBeUndefined()
    }
  })
})

describe('fairlead trace of a HelmRelease', () => {
  const hr = (...args: string[]) => ['--repo', folder, '--root', 'outside', 'helmrelease/prod/shop', ...args]

  beforeAll(async () => {
    const spec = 'values: {image: {repository: app, tag: v2}}'
    const release = `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: shop, namespace: prod}\nspec: {${spec}}\n`
    await writeFile(path.join(folder, 'outside/shop.yaml'), release)
  })

  test('finds the place by the image that runs now', async () => {
    const { code, stdout } = await run(traceCommand, hr('--image', 'docker.io/library/app:v2'))
    expect([code, stdout.split('\n').slice(0, 2)]).toEqual([
      0,
      ['shop: app:v2', 'outside/shop.yaml:4 0:spec.values.image.tag = v2'],
    ])
  })

  test('needs that image', async () => {
    const { code, stderr } = await run(traceCommand, hr())
    expect([code, stderr]).toEqual([2, expect.stringContaining('name it with --image REF')])
  })
})

describe('a base that another root deploys too', () => {
  const repository = 'fixtures/repositories/shared-base/before'
  const args = (...roots: string[]) => [
    ...['--repo', repository, ...roots.flatMap((root) => ['--root', root]), 'deploy/prod/web', '-o', 'json'],
  ]

  test('may change when that root is named, too', async () => {
    expect((await run(traceCommand, args('prod'))).code).toBe(1)
    const { code, stdout } = await run(traceCommand, args('prod', './staging/'))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ file: 'base/deployment.yaml', image: expect.stringContaining('web') })
  })
})

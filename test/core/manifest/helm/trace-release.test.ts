import { describe, expect, test } from 'vitest'
import type { HelmReleaseApplier } from '../../../../src/core/manifest/applier.ts'
import type { TraceQuery } from '../../../../src/core/manifest/trace.ts'
import { planThrough, traceThrough } from '../../../../src/core/manifest/trace-through.ts'
import { folder, refusalOf } from '../folder.ts'

const values = 'image:\n      repository: nginx\n      tag: 1.27.0'

function release(more = '', metadata = ''): string {
  return `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: web
  namespace: shop
${metadata}spec:
  chart:
    spec: {chart: web, sourceRef: {kind: HelmRepository, name: acme}}
  values:
    ${values}
${more}`
}

function applier(files: Record<string, string>, more: Partial<HelmReleaseApplier> = {}): HelmReleaseApplier {
  const branch = { repository: 'gitops', name: 'main', snapshot: folder(files) }
  const common = { namespace: 'flux-system', name: 'apps', alters: [] }
  const declaredBy = { kind: 'Kustomization' as const, ...common, folder: { branch, path: 'prod' } }
  return { kind: 'HelmRelease', namespace: 'shop', name: 'web', declaredBy, isSettled: true, ...more }
}

const image = 'docker.io/library/nginx:1.27.0'
const web: TraceQuery = { kind: 'Deployment', namespace: 'shop', name: 'web', container: 'nginx', image }

describe('a workload that a HelmRelease deploys', () => {
  test('is decided with all containers of the release that run the same image', () => {
    const of = (name: string, container: string, runs: string) => ({ ...web, name, container, image: runs })
    const alongside = [
      of('web', 'nginx', image),
      of('web', 'sidecar', 'ghcr.io/acme/sidecar:1'),
      of('worker', 'nginx', 'nginx:1.27.0'),
      of('old', 'nginx', 'nginx:1.26.0'),
    ]
    const found = traceThrough(applier({ 'prod/web.yaml': release() }), { ...web, alongside })
    expect(found.containers.map(({ name, container }) => `${name}/${container}`)).toEqual(['web/nginx', 'worker/nginx'])
    expect(found).toMatchObject({ container: 'nginx', root: 'prod', image: 'nginx:1.27.0', value: '1.27.0', line: 12 })
  })

  test('keeps the name that the values have when the registry names it in full', () => {
    const found = traceThrough(applier({ 'prod/web.yaml': release() }), web)
    const [edit] = planThrough(found, 'docker.io/library/nginx:1.28.0')
    expect(edit?.after).toBe(release().replace('1.27.0', '1.28.0'))
  })

  test('is changed where it stood though another place says the new image already', () => {
    const other = `    canary:\n      image: nginx:1.28.0\n`
    const found = traceThrough(applier({ 'prod/web.yaml': release(other) }), web)
    expect(planThrough(found, 'nginx:1.28.0').map(({ after }) => after)).toEqual([
      release(other).replace('1.27.0', '1.28.0'),
    ])
  })

  test('follows the policy of the HelmRelease as its root renders it', () => {
    const annotated = release('', '  annotations: {fairlead.dev/policy: minor, other: x}\n  labels: {team: a}\n')
    const files = {
      'prod/kustomization.yaml': 'resources: [web.yaml]\npatches: [{path: patch.yaml}]\n',
      'prod/patch.yaml':
        'kind: HelmRelease\nmetadata: {name: web, namespace: shop, annotations: {fairlead.dev/hold: frozen}}\n',
      'prod/web.yaml': annotated,
    }
    const { declared } = traceThrough(applier(files), web)
    expect(declared).toEqual({
      annotations: { 'fairlead.dev/policy': 'minor', 'fairlead.dev/hold': 'frozen' },
      labels: { team: 'a' },
      patches: [],
    })
  })

  test('is changed in the branch of the chart where its defaults decide', () => {
    const chart = {
      branch: {
        repository: 'charts',
        name: 'stable',
        snapshot: folder({ 'web/values.yaml': 'image: nginx:1.27.0\n' }),
      },
      path: 'web',
    }
    const files = { 'prod/web.yaml': release().replace(values, 'replicas: 2') }
    const found = traceThrough(applier(files, { chart }), web)
    expect([found.branch.repository, found.file, found.via.join()]).toEqual([
      'charts',
      'web/values.yaml',
      expect.stringContaining('reconcileStrategy is not Revision'),
    ])
    expect(planThrough(found, 'nginx:1.28.0')).toMatchObject([
      { path: 'web/values.yaml', after: 'image: nginx:1.28.0\n' },
    ])
  })

  test('a rename in a post-renderer leaves the tag to the values', () => {
    const renderer =
      '  postRenderers:\n    - kustomize: {images: [{name: nginx, newName: registry.acme.io/hub/nginx}]}\n'
    const asked = { ...web, image: 'registry.acme.io/hub/nginx:1.27.0' }
    const found = traceThrough(applier({ 'prod/web.yaml': release(renderer) }), asked)
    expect([found.image, found.keyPath]).toEqual(['registry.acme.io/hub/nginx:1.27.0', '0:spec.values.image.tag'])
  })
})

describe('a release is refused by name', () => {
  const patched = (patch: string) => ({
    'prod/kustomization.yaml': `resources: [web.yaml]\npatches:\n  - target: {kind: HelmRelease}\n    patch: |\n      ${patch}\n`,
    'prod/web.yaml': release(),
  })
  test.each<[why: string, refused: HelmReleaseApplier, code: string, words: string]>([
    ['nobody is known to apply it', { ...applier({}), declaredBy: undefined }, 'NotTraced', 'not known'],
    ['it is declared nowhere', applier({ 'prod/x.yaml': 'a: b\n' }), 'NotTraced', 'HelmRelease shop/web'],
    [
      'a patch moves its values',
      applier(patched('- {op: move, from: /spec/values/image, path: /spec/values/x}')),
      'Masked',
      'operation move',
    ],
    [
      'a post-renderer sets a tag that does not run',
      applier({
        'prod/web.yaml': release(
          '  postRenderers: [{kustomize: {images: [{name: docker.io/library/nginx, newTag: "1.20"}]}}]\n',
        ),
      }),
      'Masked',
      'post-renderers',
    ],
    [
      'values stand in a text that is no block',
      applier({
        'prod/web.yaml': release('  valuesFrom: [{kind: ConfigMap, name: v}]\n').replace(values, 'replicas: 2'),
        'prod/v.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata: {values.yaml: "image: nginx:1.27.0"}\n',
      }),
      'NotEditable',
      'no block',
    ],
    [
      'a key of a ConfigMap is missing',
      applier({
        'prod/web.yaml': release('  valuesFrom: [{kind: ConfigMap, name: v}]\n').replace(values, 'replicas: 2'),
        'prod/v.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: v}\ndata: {other.yaml: a}\n',
      }),
      'NotTraced',
      '"values.yaml"',
    ],
  ])('%s', (_, refused, code, words) => {
    const refusal = refusalOf(() => traceThrough(refused, web))
    expect(refusal?.code).toBe(code)
    expect(`${refusal?.message} ${refusal?.evidence.join()}`).toContain(words)
  })

  test('the present image must be known', () => {
    const { image: _, ...unknown } = web
    expect(refusalOf(() => traceThrough(applier({ 'prod/web.yaml': release() }), unknown))?.code).toBe('UsageInvalid')
  })
})

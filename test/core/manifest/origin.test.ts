import { describe, expect, test } from 'vitest'
import { requireAllowedPath } from '../../../src/core/manifest/allowed-path.ts'
import { nominatedOwner, resolveOrigin } from '../../../src/core/manifest/origin.ts'
import { readKustomization, readSource } from '../../../src/core/sync/flux-object.ts'

const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
const web = { kind: 'Deployment', namespace: 'prod', name: 'web', labels }

function kustomization(spec: object = {}, entries = [{ id: 'prod_web_apps_Deployment', v: 'v1' }], ready = 'True') {
  return readKustomization({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace: 'flux-system' },
    spec: { path: './apps/prod/', sourceRef: { kind: 'GitRepository', name: 'gitops' }, ...spec },
    status: { inventory: { entries }, conditions: [{ type: 'Ready', status: ready, observedGeneration: 1 }] },
  })
}

function source(spec: object = {}) {
  return readSource({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'gitops', namespace: 'flux-system' },
    spec: { url: 'https://github.com/acme/gitops', ref: { branch: 'main' }, ...spec },
  })
}

describe('the origin of a workload', () => {
  test('is the folder and branch of the Kustomization that lists it', () => {
    expect(resolveOrigin(web, kustomization(), source())).toEqual({
      owner: 'Kustomization/flux-system/apps',
      repository: 'https://github.com/acme/gitops',
      branch: 'main',
      root: 'apps/prod',
      targetNamespace: undefined,
    })
    expect(nominatedOwner(web)).toBe('flux-system/apps')
  })

  const paths: [written: string | undefined, root: string][] = [
    ['./', ''],
    ['.', ''],
    ['', ''],
    [undefined, ''],
    ['/apps', 'apps'],
    ['./apps/prod', 'apps/prod'],
    ['apps/', 'apps'],
  ]
  test.each(paths)('path %j is the folder %j', (path, root) => {
    expect(resolveOrigin(web, kustomization({ path }), source()).root).toBe(root)
  })

  const branches: [ref: object | undefined, branch: string][] = [
    [{ branch: 'main' }, 'main'],
    [undefined, 'master'],
    [{ name: 'refs/heads/prod' }, 'prod'],
  ]
  test.each(branches)('ref %j is branch %s', (ref, branch) => {
    expect(resolveOrigin(web, kustomization(), source({ ref })).branch).toBe(branch)
  })

  const refusals: [what: string, code: string, run: () => unknown][] = [
    ['nobody labelled it', 'NotTraced', () => resolveOrigin({ ...web, labels: {} }, kustomization(), source())],
    ['its Kustomization cannot be read', 'OwnerElsewhere', () => resolveOrigin(web, undefined, source())],
    ['its Kustomization does not list it', 'NotOwned', () => resolveOrigin(web, kustomization({}, []), source())],
    [
      'its Kustomization is still applying',
      'OwnerNotReady',
      () => resolveOrigin(web, kustomization({}, [], 'Unknown'), source()),
    ],
    [
      'another kind of that name is listed',
      'NotOwned',
      () => resolveOrigin({ ...web, kind: 'StatefulSet' }, kustomization(), source()),
    ],
    [
      'it is applied to another cluster',
      'OwnerElsewhere',
      () => resolveOrigin(web, kustomization({ kubeConfig: { secretRef: { name: 'x' } } }), source()),
    ],
    ['its source cannot be read', 'OwnerElsewhere', () => resolveOrigin(web, kustomization(), undefined)],
    [
      'its source is an OCI artifact',
      'PinnedRevision',
      () => resolveOrigin(web, kustomization({ sourceRef: { kind: 'OCIRepository', name: 'x' } }), source()),
    ],
    [
      'its source follows a tag',
      'PinnedRevision',
      () => resolveOrigin(web, kustomization(), source({ ref: { branch: 'main', tag: 'v1' } })),
    ],
    [
      'its source follows a semver range',
      'PinnedRevision',
      () => resolveOrigin(web, kustomization(), source({ ref: { semver: '>=1' } })),
    ],
    [
      'its source follows a commit',
      'PinnedRevision',
      () => resolveOrigin(web, kustomization(), source({ ref: { branch: 'main', commit: 'abc' } })),
    ],
    [
      'its source follows a pull request',
      'PinnedRevision',
      () => resolveOrigin(web, kustomization(), source({ ref: { name: 'refs/pull/1/head' } })),
    ],
    [
      'its source demands signatures',
      'SignatureRequired',
      () => resolveOrigin(web, kustomization(), source({ verify: { mode: 'HEAD' } })),
    ],
    [
      'its Kustomization sets images itself',
      'Masked',
      () => resolveOrigin(web, kustomization({ images: [{ name: 'x', newTag: '1' }] }), source()),
    ],
    [
      'its Kustomization substitutes variables',
      'Masked',
      () => resolveOrigin(web, kustomization({ postBuild: { substitute: { a: 'b' } } }), source()),
    ],
  ]
  test.each(refusals)('is refused when %s: %s', (_, code, run) => {
    expect(run).toThrow(expect.objectContaining({ code }))
  })

  test('empty overrides are none', () => {
    expect(resolveOrigin(web, kustomization({ images: [], patches: [], postBuild: {} }), source()).root).toBe(
      'apps/prod',
    )
  })
})

describe('a path that may be written', () => {
  const globs = ['apps/**', 'clusters/prod/*.yaml']
  const rows: [path: string, allowed: boolean][] = [
    ['apps/web/deployment.yaml', true],
    ['apps/.hidden/a.yaml', true],
    ['clusters/prod/web.yaml', true],
    ['clusters/prod/deep/web.yaml', false],
    ['clusters/dev/web.yaml', false],
    ['apps/../clusters/dev/web.yaml', false],
    ['/apps/web.yaml', false],
    ['apps//web.yaml', false],
    ['apps/.git/config', false],
    ['apps/.GIT/config', false],
    ['apps/git~1/config', false],
    ['--upload-pack=x', false],
  ]
  test.each(rows)('%s: %s', (path, allowed) => {
    const run = () => requireAllowedPath(path, globs)
    if (allowed) expect(run).not.toThrow()
    else expect(run).toThrow(expect.objectContaining({ code: 'OutsideAllowedPaths' }))
  })
})

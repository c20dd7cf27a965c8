import { describe, expect, test } from 'vitest'
import { requireAllowedPath } from '../../../src/core/manifest/allowed-path.ts'
import { type Applied, type EngineObjects, findOwner, nominatedOwner } from '../../../src/core/manifest/origin.ts'
import { type ArgoApplication, readApplication } from '../../../src/core/sync/argo-application.ts'
import {
  type FluxHelmRelease,
  type FluxKustomization,
  type FluxSource,
  readHelmRelease,
  readKustomization,
  readOciSource,
  readSource,
} from '../../../src/core/sync/flux-object.ts'

const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
const web = { kind: 'Deployment', namespace: 'prod', name: 'web', labels }
const ofRelease = {
  ...web,
  labels: { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'prod' },
}

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

function ociSource(ref: object, metadata?: object) {
  return readOciSource({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'gitops', namespace: 'flux-system' },
    spec: { url: 'oci://ghcr.io/acme/gitops', ref },
    status: { artifact: { revision: `latest@sha256:${'a'.repeat(64)}`, metadata } },
  })
}

function release(spec: object = {}, status: object = {}) {
  return readHelmRelease({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'shop', namespace: 'prod' },
    spec: { chart: { spec: { chart: 'shop', sourceRef: { kind: 'HelmRepository', name: 'charts' } } }, ...spec },
    status: { conditions: [{ type: 'Ready', status: 'True', observedGeneration: 1 }], ...status },
  })
}

const ofApplication = {
  ...web,
  labels: { 'app.kubernetes.io/instance': 'shop' },
  annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/web' },
}

function application(
  spec: object = {},
  resources: object[] = [{ group: 'apps', kind: 'Deployment', namespace: 'prod', name: 'web' }],
) {
  return readApplication({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'shop', namespace: 'argocd' },
    spec: {
      destination: { server: 'https://kubernetes.default.svc' },
      source: { repoURL: 'https://github.com/acme/gitops', path: 'apps', targetRevision: 'main' },
      ...spec,
    },
    status: { sync: { status: 'Synced', revision: 'a'.repeat(40) }, resources },
  })
}

interface Objects {
  kustomization?: FluxKustomization | undefined
  release?: FluxHelmRelease
  source?: FluxSource | undefined
  oci?: FluxSource
  applications?: ArgoApplication[]
}

function ownerOf(applied: Applied, objects: Objects) {
  const engine: EngineObjects = {
    kustomization: (key) => (key === 'flux-system/apps' ? objects.kustomization : undefined),
    helmRelease: (key) => (key === 'prod/shop' ? objects.release : undefined),
    source: (kind) => (kind === 'OCIRepository' ? objects.oci : objects.source),
    applications: (name) => (objects.applications ?? []).filter((one) => one.name === name),
    allApplications: () => objects.applications ?? [],
    applicationSet: () => undefined,
    kustomizations: () => [],
    demandsSignatures: (project) => project === 'argocd/signed',
  }
  return findOwner(applied, engine)
}

const place = (objects: Objects) => {
  const owner = ownerOf(web, objects)
  return owner.kind === 'Kustomization' ? owner.place : expect.fail('not a Kustomization')
}

describe('the owner of a workload', () => {
  test('is the Kustomization that lists it, and its source says which branch it reads', () => {
    const owner = ownerOf(web, { kustomization: kustomization(), source: source() })
    expect(owner).toMatchObject({
      kind: 'Kustomization',
      kustomization: { namespace: 'flux-system', name: 'apps', path: 'apps/prod' },
      place: { repository: 'https://github.com/acme/gitops', branch: 'main' },
    })
    expect(nominatedOwner(web)).toEqual({ kind: 'Kustomization', namespace: 'flux-system', name: 'apps' })
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
    expect(kustomization({ path }).path).toBe(root)
  })

  const branches: [ref: object | undefined, branch: string][] = [
    [{ branch: 'main' }, 'main'],
    [undefined, 'master'],
    [{ name: 'refs/heads/prod' }, 'prod'],
  ]
  test.each(branches)('ref %j is branch %s', (ref, branch) => {
    expect(place({ kustomization: kustomization(), source: source({ ref }) }).branch).toBe(branch)
  })

  const commit = 'b3b00fe35424a45d373bf4c7214178bc36fd7872'
  const made = (revision: string) => ({
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.source': 'https://github.com/acme/gitops.git',
  })
  const oci = (ref: object, metadata?: object) => ({
    kustomization: kustomization({ sourceRef: { kind: 'OCIRepository', name: 'gitops' } }),
    oci: ociSource(ref, metadata),
  })

  test('of an OCI artifact that was made from a branch is that branch', () => {
    const found = place(oci({ tag: 'latest' }, made(`main@sha1:${commit}`)))
    expect(found).toEqual({ repository: 'https://github.com/acme/gitops.git', branch: 'main' })
    expect(ociSource({}, made(`refs/heads/a/b@sha1:${commit}`)).branch).toBe('a/b')
  })

  test.each([
    ['the release lists it', { inventory: { entries: [{ id: 'prod_web_apps_Deployment', v: 'v1' }] } }, {}],
    [
      'Helm marks it and the release keeps no list',
      {},
      { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'prod' },
    ],
  ])('is the HelmRelease when %s', (_, status, annotations) => {
    const owner = ownerOf({ ...ofRelease, annotations }, { release: release({}, status) })
    expect(owner).toMatchObject({ kind: 'HelmRelease', release: { name: 'shop' }, chart: undefined })
  })

  test('that is a HelmRelease with a chart in Git names its folder and branch', () => {
    const chart = { spec: { chart: './charts/shop', sourceRef: { kind: 'GitRepository', name: 'gitops' } } }
    const status = { inventory: { entries: [{ id: 'prod_web_apps_Deployment', v: 'v1' }] } }
    const owner = ownerOf(ofRelease, { release: release({ chart }, status), source: source() })
    expect(owner).toMatchObject({ chart: { path: 'charts/shop', place: { branch: 'main' } } })
  })

  test('is the Application that lists it, and its sources say which branches it reads', () => {
    const owner = ownerOf(ofApplication, { applications: [application({}, []), application()] })
    expect(owner).toMatchObject({
      kind: 'Application',
      places: [{ repository: 'https://github.com/acme/gitops', branch: 'main' }],
    })
    const sources = [
      { repoURL: 'https://charts.example.com', chart: 'shop', targetRevision: '1.0.0' },
      { repoURL: 'https://github.com/acme/values', ref: 'values', targetRevision: 'HEAD' },
    ]
    expect(ownerOf(ofApplication, { applications: [application({ sources })] })).toMatchObject({
      places: [undefined, { repository: 'https://github.com/acme/values', branch: '' }],
    })
  })

  test('is no Application where only a chart set the instance label', () => {
    const ofChart = { ...ofApplication, annotations: {} }
    expect(() => ownerOf(ofChart, {})).toThrow(expect.objectContaining({ code: 'NotTraced' }))
    expect(ownerOf(ofChart, { applications: [application()] }).kind).toBe('Application')
  })

  const helm = (name: string, namespace: string) => ({
    'meta.helm.sh/release-name': name,
    'meta.helm.sh/release-namespace': namespace,
  })
  const refusals: [what: string, code: string, applied: Applied, objects: Objects][] = [
    ['nobody labelled it', 'NotTraced', { ...web, labels: {} }, { kustomization: kustomization(), source: source() }],
    ['its Kustomization cannot be read', 'OwnerElsewhere', web, { source: source() }],
    ['its Kustomization does not list it', 'NotOwned', web, { kustomization: kustomization({}, []), source: source() }],
    [
      'its Kustomization is still applying',
      'OwnerNotReady',
      web,
      { kustomization: kustomization({}, [], 'Unknown'), source: source() },
    ],
    [
      'another kind of that name is listed',
      'NotOwned',
      { ...web, kind: 'StatefulSet' },
      { kustomization: kustomization(), source: source() },
    ],
    [
      'another group of that kind is listed',
      'NotOwned',
      { ...web, group: 'example.com' },
      { kustomization: kustomization(), source: source() },
    ],
    [
      'it is applied to another cluster',
      'OwnerElsewhere',
      web,
      { kustomization: kustomization({ kubeConfig: { secretRef: { name: 'x' } } }), source: source() },
    ],
    ['its source cannot be read', 'OwnerElsewhere', web, { kustomization: kustomization() }],
    [
      'its source is a bucket',
      'PinnedRevision',
      web,
      { kustomization: kustomization({ sourceRef: { kind: 'Bucket', name: 'x' } }), source: source() },
    ],
    [
      'its source follows a tag',
      'PinnedRevision',
      web,
      { kustomization: kustomization(), source: source({ ref: { branch: 'main', tag: 'v1' } }) },
    ],
    [
      'its source follows a semver range',
      'PinnedRevision',
      web,
      { kustomization: kustomization(), source: source({ ref: { semver: '>=1' } }) },
    ],
    [
      'its source follows a commit',
      'PinnedRevision',
      web,
      { kustomization: kustomization(), source: source({ ref: { branch: 'main', commit: 'abc' } }) },
    ],
    [
      'its source follows a pull request',
      'PinnedRevision',
      web,
      { kustomization: kustomization(), source: source({ ref: { name: 'refs/pull/1/head' } }) },
    ],
    ['an artifact does not say what it was made from', 'PinnedRevision', web, oci({ tag: 'latest' })],
    ['an artifact was made from a tag', 'PinnedRevision', web, oci({}, made(`refs/tags/v1@sha1:${commit}`))],
    ['an artifact was made from a mere commit', 'PinnedRevision', web, oci({}, made(`sha1:${commit}`))],
    [
      'a digest of an artifact is followed',
      'PinnedRevision',
      web,
      oci({ digest: 'sha256:a' }, made(`main@sha1:${commit}`)),
    ],
    [
      'its source demands signatures',
      'SignatureRequired',
      web,
      { kustomization: kustomization(), source: source({ verify: { mode: 'HEAD' } }) },
    ],
    ['its Application cannot be read', 'OwnerElsewhere', ofApplication, {}],
    ['its Application does not list it', 'NotOwned', ofApplication, { applications: [application({}, [])] }],
    [
      'its Application applies to another cluster',
      'OwnerElsewhere',
      ofApplication,
      { applications: [application({ destination: { server: 'https://other.example.com' } })] },
    ],
    [
      'its Application follows a tag',
      'PinnedRevision',
      ofApplication,
      { applications: [application({ source: { repoURL: 'https://x/y', path: 'a', targetRevision: 'v1.2.3' } })] },
    ],
    [
      "its Application's project demands signatures",
      'SignatureRequired',
      ofApplication,
      { applications: [application({ project: 'signed' })] },
    ],
    ['its release cannot be read', 'OwnerElsewhere', ofRelease, {}],
    ['its release does not list it', 'NotOwned', ofRelease, { release: release() }],
    [
      'it is marked for another release',
      'NotOwned',
      { ...ofRelease, annotations: helm('other', 'prod') },
      { release: release() },
    ],
    [
      'it is marked for a release of another namespace',
      'NotOwned',
      { ...ofRelease, annotations: helm('shop', 'prod') },
      { release: release({ targetNamespace: 'else' }) },
    ],
    [
      'its release keeps a list and it is not in it',
      'NotOwned',
      { ...ofRelease, annotations: helm('shop', 'prod') },
      { release: release({}, { inventory: { entries: [{ id: 'prod_api_apps_Deployment', v: 'v1' }] } }) },
    ],
  ]
  test.each(refusals)('is refused when %s: %s', (_, code, applied, objects) => {
    expect(() => ownerOf(applied, objects)).toThrow(expect.objectContaining({ code }))
  })

  test('alters what it applies only where a field says something', () => {
    expect(kustomization({ images: [], patches: [], postBuild: {} }).overrides).toEqual([])
    expect(kustomization({ images: [{ name: 'x', newTag: '1' }] }).overrides).toEqual(['images'])
    expect(kustomization({ commonMetadata: { labels: { team: 'shop' } } }).overrides).toEqual([])
    const annotations = { 'fairlead.dev/hold': 'audit' }
    expect(kustomization({ commonMetadata: { annotations } }).overrides).toEqual(['commonMetadata'])
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

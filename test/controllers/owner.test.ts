import { describe, expect, test } from 'vitest'
import { type KubernetesObject, type ObjectMeta, resources } from '../../src/api/kubernetes.ts'
import { put } from '../fakes/object-store.ts'
import { createFakeWorld, digestOf, type FakeWorld, gitUrl, image, manifestOf, type Replica } from '../fakes/world.ts'
import { push, start } from './replica.ts'

/** The main job through other owners than a plain Flux Kustomization. */

const policy = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
const fluxLabels = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
}
const release = (tag: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
  namespace: prod
  annotations: {fairlead.dev/policy: minor, fairlead.dev/require-approval: "false"}
spec:
  chart: {spec: {chart: shop, sourceRef: {kind: HelmRepository, name: charts}}}
  values:
    image: {repository: ghcr.io/acme/web, tag: "${tag}"} # follows
`
const application = (tag: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd
  annotations: {fairlead.dev/policy: minor, fairlead.dev/require-approval: "false"}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: prod}
  source:
    repoURL: ${gitUrl}
    path: shop
    targetRevision: HEAD
    kustomize:
      images: [ghcr.io/acme/web:${tag}]
`

/** Puts the object there as it is, with its status. */
function deployment(name: string, tag: string, marks: Partial<ObjectMeta>): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'prod', ...marks },
    spec: { template: { spec: { containers: [{ name, image: `ghcr.io/acme/web:${tag}` }] } } },
  }
}

/** What Flux and Argo CD say when they have applied the head, and run what `applied` is. */
async function engineRuns(world: FakeWorld, tag: string): Promise<void> {
  const { git } = world
  const head = (await git.remoteHead('main')) ?? ''
  const revision = `main@sha1:${head}`
  const current = world.cluster.objects.get(resources.kustomization, 'flux-system', 'apps')
  if (current === undefined) throw new Error('no Kustomization')
  put(world.cluster.objects, resources.kustomization, {
    ...current,
    status: {
      lastAppliedRevision: revision,
      lastAttemptedRevision: revision,
      inventory: { entries: [{ id: 'prod_shop_helm.toolkit.fluxcd.io_HelmRelease', v: 'v2' }] },
      conditions: [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', observedGeneration: 9 }],
    },
  })
  put(world.cluster.objects, resources.helmRelease, {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'shop', namespace: 'prod', labels: fluxLabels, annotations: policy },
    spec: { chart: { spec: { chart: 'shop', sourceRef: { kind: 'HelmRepository', name: 'charts' } } } },
    status: {
      observedGeneration: 9,
      inventory: { entries: ['web', 'jobs'].map((name) => ({ id: `prod_${name}_apps_Deployment`, v: 'v1' })) },
      conditions: [{ type: 'Ready', status: 'True', reason: 'UpgradeSucceeded', observedGeneration: 9 }],
    },
  })
  const labels = { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'prod' }
  for (const name of ['web', 'jobs'])
    put(world.cluster.objects, resources.deployment, deployment(name, tag, { labels }))
}

async function argoRuns(world: FakeWorld, tag: string): Promise<void> {
  const revision = (await world.git.remoteHead('main')) ?? ''
  const source = { repoURL: gitUrl, path: 'shop', targetRevision: 'HEAD' }
  const listed = (name: string, kind: string, group: string, namespace: string) => ({ group, kind, namespace, name })
  const app = (name: string, path: string, marks: object, listing: object[]) => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd', ...marks },
    spec: { destination: { server: 'https://kubernetes.default.svc' }, source: { ...source, path } },
    status: { sync: { status: 'Synced', revision }, resources: listing },
  })
  const tracking = (id: string) => ({ 'argocd.argoproj.io/tracking-id': id })
  put(
    world.cluster.objects,
    resources.application,
    app('root', 'root', {}, [listed('shop', 'Application', 'argoproj.io', 'argocd')]),
  )
  const marks = { annotations: { ...policy, ...tracking('root:argoproj.io/Application:argocd/shop') } }
  put(
    world.cluster.objects,
    resources.application,
    app('shop', 'shop', marks, [listed('web', 'Deployment', 'apps', 'prod')]),
  )
  const annotations = tracking('shop:apps/Deployment:prod/web')
  put(world.cluster.objects, resources.deployment, deployment('web', tag, { annotations }))
}

async function startWithWeb(world: FakeWorld): Promise<Replica> {
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  return start(world)
}

const applied = (world: FakeWorld) =>
  world.requests()[0]?.status?.conditions?.find((condition) => condition.type === 'Applied')

describe('a HelmRelease', () => {
  async function aRelease(): Promise<{ world: FakeWorld; replica: Replica }> {
    const world = createFakeWorld()
    world.git.commit('main', { 'apps/shop.yaml': release('1.0.0') }, 'Open the shop')
    await engineRuns(world, '1.0.0')
    return { world, replica: await startWithWeb(world) }
  }

  test('gets the new tag in its values, once for all workloads that it decides', async () => {
    const { world, replica } = await aRelease()
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(release('1.1.0'))
    expect(world.git.messages('main').filter((message) => message.includes('Fairlead-Id:'))).toHaveLength(1)
    const [request] = world.requests()
    expect(request?.spec.targets.map(({ name }) => name)).toEqual(['jobs', 'web'])
    expect(request?.status?.phase).toBe('Completed')
  })

  test('is followed until it runs what was committed, and Git is not changed while it does not', async () => {
    const { world, replica } = await aRelease()
    await push(world, replica, '1.1.0')
    expect(applied(world)).toMatchObject({ status: 'False' })
    await push(world, replica, '1.1.0')
    expect(world.requests()).toHaveLength(1)
    await engineRuns(world, '1.1.0')
    await replica.quiet()
    expect(applied(world)).toMatchObject({ status: 'True' })
  })

  test('is not held up by who labels a workload as one of its own', async () => {
    const { world, replica } = await aRelease()
    const labels = { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'prod' }
    put(world.cluster.objects, resources.deployment, deployment('intruder', '1.0.0', { namespace: 'aaa', labels }))
    await replica.quiet()
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(release('1.1.0'))
    const [request] = world.requests()
    expect(request?.metadata.namespace).toBe('prod')
    expect(request?.spec.targets.map(({ name }) => name)).toEqual(['jobs', 'web'])
  })

  test('whose upgrade was taken back runs what another value says by chance, and nothing is changed', async () => {
    const world = createFakeWorld()
    const values = release('1.1.0').replace(
      '    image:',
      '    cleaner:\n      image: {repository: ghcr.io/acme/web, tag: "1.0.0"}\n    image:',
    )
    world.git.commit('main', { 'apps/shop.yaml': values }, 'Open the shop')
    await engineRuns(world, '1.0.0')
    const shop = world.cluster.objects.get(resources.helmRelease, 'prod', 'shop')
    if (shop === undefined) throw new Error('no HelmRelease')
    const conditions = [
      { type: 'Ready', status: 'False', reason: 'RollbackSucceeded', observedGeneration: 9 },
      { type: 'Released', status: 'False', reason: 'UpgradeFailed', observedGeneration: 9 },
      { type: 'Remediated', status: 'True', reason: 'RollbackSucceeded', observedGeneration: 9 },
    ]
    put(world.cluster.objects, resources.helmRelease, { ...shop, status: { ...(shop.status as object), conditions } })
    const replica = await start(world)
    await push(world, replica, '1.2.0')
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(values)
    expect(world.cluster.recorded.map(({ reason }) => reason)).toContain('Ambiguous')
  })

  test('with several values of one image is only changed where each of them fits what runs', async () => {
    const world = createFakeWorld()
    const values = release('1.1.0').replace(
      '    image:',
      '    cleaner:\n      image: {repository: ghcr.io/acme/web, tag: "1.0.0"}\n    image:',
    )
    world.git.commit('main', { 'apps/shop.yaml': values }, 'Open the shop')
    // somebody has set the image of all of them by hand
    await engineRuns(world, '1.0.0')
    const replica = await start(world)
    await push(world, replica, '1.2.0')
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(values)
    expect(world.cluster.recorded.map(({ reason }) => reason)).toContain('Ambiguous')
    const labels = { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'prod' }
    put(world.cluster.objects, resources.deployment, deployment('web', '1.1.0', { labels }))
    await replica.quiet()
    // the other one follows once the engine has applied this
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(values.replace('"1.1.0"', '"1.2.0"'))
  })

  test('is not touched while the cluster runs another image than its values say', async () => {
    const { world, replica } = await aRelease()
    await engineRuns(world, '0.9.0')
    await replica.quiet()
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(release('1.0.0'))
    expect(world.cluster.recorded.map(({ reason }) => reason)).toContain('Masked')
  })
})

describe('a folder that a second Kustomization deploys elsewhere', () => {
  test('is not changed for one of them alone: who approves there does not decide here', async () => {
    const world = createFakeWorld()
    world.deploy('web', 'ghcr.io/acme/web:1.0.0', { 'fairlead.dev/policy': 'minor' })
    await world.sync()
    const apps = world.cluster.objects.get(resources.kustomization, 'flux-system', 'apps')
    if (apps === undefined) throw new Error('no Kustomization')
    const sourceRef = { kind: 'GitRepository', name: 'gitops', namespace: 'flux-system' }
    put(world.cluster.objects, resources.kustomization, {
      ...apps,
      metadata: { name: 'mine', namespace: 'tenant' },
      spec: { path: './apps', targetNamespace: 'tenant', sourceRef },
      status: { ...(apps.status as object), inventory: { entries: [{ id: 'tenant_web_apps_Deployment', v: 'v1' }] } },
    })
    put(world.cluster.objects, resources.gitRepository, {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      metadata: { name: 'odd', namespace: 'tenant' },
      spec: { url: '-', ref: { branch: 'main' } },
    })
    put(world.cluster.objects, resources.kustomization, {
      ...apps,
      metadata: { name: 'odd', namespace: 'tenant' },
      spec: { path: './apps', sourceRef: { kind: 'GitRepository', name: 'odd' } },
    })
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'mine', 'kustomize.toolkit.fluxcd.io/namespace': 'tenant' }
    const annotations = { 'fairlead.dev/policy': 'minor' }
    put(
      world.cluster.objects,
      resources.deployment,
      deployment('web', '1.0.0', { namespace: 'tenant', labels, annotations }),
    )
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    expect(world.requests()).toEqual([])
    const said = world.cluster.recorded.map(({ reason, about }) => `${about.namespace} ${reason}`)
    expect(said.sort()).toEqual(['prod SharedBase', 'tenant SharedBase'])
  })
})

describe('an Application of an Application', () => {
  async function anApplication(): Promise<{ world: FakeWorld; replica: Replica }> {
    const world = createFakeWorld()
    const manifest = manifestOf('web', 'ghcr.io/acme/web:0.1.0', {})
    const kustomization = 'resources: [web.yaml]\n'
    const files = { 'root/shop.yaml': application('1.0.0'), 'shop/web.yaml': manifest }
    world.git.commit('main', { ...files, 'shop/kustomization.yaml': kustomization }, 'Open the shop')
    await argoRuns(world, '1.0.0')
    return { world, replica: await startWithWeb(world) }
  }

  test('gets the new tag in its own manifest, where its images decide', async () => {
    const { world, replica } = await anApplication()
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'root/shop.yaml')).toBe(application('1.1.0'))
    expect(world.requests()[0]?.spec.change).toMatchObject({ branch: 'main', path: 'root/shop.yaml' })
  })

  test.each([
    ['', 'HEAD'],
    ['by the name of the branch, ', 'main'],
  ])('whose folder another Application of the cluster deploys too is %snot changed for either', async (_, revision) => {
    const world = createFakeWorld()
    const files = { 'shop/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.0.0', policy) }
    const plain = application('1.0.0').replace(/ {4}kustomize:[\s\S]*/, '')
    world.git.commit('main', { ...files, 'root/shop.yaml': plain }, 'Open the shop')
    await argoRuns(world, '1.0.0')
    const mine = world.cluster.objects.get(resources.application, 'argocd', 'shop')
    if (mine === undefined) throw new Error('no Application')
    const source = { repoURL: gitUrl, path: 'shop', targetRevision: revision }
    put(world.cluster.objects, resources.application, {
      ...mine,
      metadata: { name: 'tenant', namespace: 'argocd' },
      spec: { ...(mine.spec as object), source },
    })
    const replica = await startWithWeb(world)
    await push(world, replica, '1.1.0')
    expect(world.requests()).toEqual([])
    expect(world.cluster.recorded.map(({ reason }) => reason)).toContain('SharedBase')
  })

  test('is followed from the one that declares it to the one that runs it', async () => {
    const { world, replica } = await anApplication()
    await push(world, replica, '1.1.0')
    await argoRuns(world, '1.1.0')
    await replica.quiet()
    expect(applied(world)).toMatchObject({ status: 'True' })
  })

  test('is not touched where Image Updater writes its image too, until that ends', async () => {
    const { world, replica } = await anApplication()
    put(world.cluster.objects, resources.imageUpdater, {
      apiVersion: 'argocd-image-updater.argoproj.io/v1alpha1',
      kind: 'ImageUpdater',
      metadata: { name: 'images', namespace: 'argocd' },
      spec: { applicationRefs: [{ namePattern: '*', images: [{ alias: 'web', imageName: 'ghcr.io/acme/web' }] }] },
    })
    await replica.quiet()
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'root/shop.yaml')).toBe(application('1.0.0'))
    expect(world.cluster.recorded.map(({ reason }) => reason)).toContain('OtherWriter')
    world.cluster.objects.remove(resources.imageUpdater, 'argocd', 'images')
    await replica.quiet()
    expect(world.git.read('main', 'root/shop.yaml')).toBe(application('1.1.0'))
  })
})

import { isDeepStrictEqual } from 'node:util'
import { resources } from '../../src/api/kubernetes.ts'
import { put } from '../fakes/object-store.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { own, web } from './failed-update.ts'
import { push, start } from './replica.ts'

const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
const policy = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
const labels = { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'prod' }
const { helmRelease, deployment } = resources
const revisionAnnotation = 'deployment.kubernetes.io/revision'

export const file = 'apps/shop.yaml'
export const helmWords = 'Helm upgrade failed for release prod/shop with chart shop@1.0.0: context deadline exceeded'

export const release = (tag: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
  namespace: prod
  annotations: {fairlead.dev/policy: minor, fairlead.dev/require-approval: "false"}
spec:
  chart: {spec: {chart: shop, sourceRef: {kind: HelmRepository, name: charts}}}
  values:
    image: {repository: ghcr.io/acme/web, tag: "${tag}"}
`

/** An attempt that began just now and has failed a minute later. */
const later = (ms: number) => new Date(Date.now() + ms).toISOString().replace(/\.\d+/, '')

interface Attempt {
  conditions: readonly (readonly [type: string, status: string, reason: string, message?: string])[]
  status?: object
}

/** How helm-controller tells of an attempt at the newest generation. */
export const attempt = {
  well: (): Attempt => ({ conditions: [['Ready', 'True', 'UpgradeSucceeded']] }),
  running: (): Attempt => ({ conditions: [['Ready', 'Unknown', 'Progressing']] }),
  failed: (): Attempt => ({
    conditions: [
      ['Ready', 'False', 'UpgradeFailed', helmWords],
      ['Released', 'False', 'UpgradeFailed', helmWords],
    ],
    status: { upgradeFailures: 1, history: [{ version: 2, status: 'failed', lastDeployed: later(0) }] },
  }),
  gaveUp: (): Attempt => {
    const { conditions, ...rest } = attempt.failed()
    return { ...rest, conditions: [...conditions, ['Stalled', 'True', 'RetriesExceeded', 'Failed to upgrade']] }
  },
  takenBack: (): Attempt => {
    const { conditions, ...rest } = attempt.gaveUp()
    const [, ...others] = conditions
    return {
      ...rest,
      conditions: [['Ready', 'False', 'RollbackSucceeded'], ['Remediated', 'True', 'RollbackSucceeded'], ...others],
    }
  },
  testFailed: (): Attempt => ({
    conditions: [
      ['Ready', 'False', 'TestFailed'],
      ['Released', 'True', 'UpgradeSucceeded'],
      ['TestSuccess', 'False', 'TestFailed', 'Helm test failed for release prod/shop.v2'],
      ['Stalled', 'True', 'RetriesExceeded'],
    ],
    status: {
      upgradeFailures: 1,
      history: [
        { version: 2, status: 'deployed', lastDeployed: later(0), testHooks: { 'shop-test': { phase: 'Failed' } } },
      ],
    },
  }),
}

/** Flux has applied what Git holds to the release: it has another generation, and Helm has not looked at it yet. */
export async function applyRelease(world: FakeWorld): Promise<void> {
  const before = world.cluster.objects.get(helmRelease, 'prod', 'shop')
  put(world.cluster.objects, helmRelease, {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'shop', namespace: 'prod', labels: flux, annotations: policy },
    spec: { chart: { spec: { chart: 'shop', sourceRef: { kind: 'HelmRepository', name: 'charts' } } } },
    ...(before === undefined ? {} : { status: before.status }),
  })
  world.own('prod_shop_helm.toolkit.fluxcd.io_HelmRelease')
  await world.sync()
}

/** What helm-controller says about the newest generation. */
export function releaseSays(world: FakeWorld, { conditions, status }: Attempt, saidAt = later(60_000)): void {
  const live = world.cluster.objects.get(helmRelease, 'prod', 'shop')
  if (live === undefined) throw new Error('no HelmRelease shop')
  const { generation } = live.metadata
  const said = conditions.map(([type, state, reason, message = reason]) => ({
    ...{ type, status: state, reason, message, observedGeneration: generation, lastTransitionTime: saidAt },
  }))
  const counters = { observedGeneration: generation, lastAttemptedGeneration: generation }
  const inventory = { entries: [{ id: 'prod_web_apps_Deployment', v: 'v1' }] }
  const next = { ...live, status: { ...counters, inventory, ...status, conditions: said } }
  world.cluster.objects.update(helmRelease, next, 'status')
}

/** Helm gives the Deployment this image, and its pods are well or not. */
export function podsAre(world: FakeWorld, tag: string, isWell: boolean): void {
  const { objects } = world.cluster
  const before = objects.get(deployment, 'prod', 'web')
  const template = { spec: { containers: [{ name: 'web', image: web(tag) }] } }
  const revision = Number(before?.metadata.annotations?.[revisionAnnotation] ?? 0)
  const isSame = isDeepStrictEqual((before?.spec as { template?: object } | undefined)?.template, template)
  const annotations = { [revisionAnnotation]: `${isSame ? revision : revision + 1}` }
  const metadata = { name: 'web', namespace: 'prod', labels, annotations }
  if (!isSame) {
    put(objects, deployment, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 1, template } })
  }
  const live = objects.get(deployment, 'prod', 'web')
  if (live === undefined) throw new Error('no Deployment web')
  const available = isWell ? 1 : 0
  const counters = { replicas: 1, updatedReplicas: 1, readyReplicas: available, availableReplicas: available }
  const status = { observedGeneration: live.metadata.generation, ...counters }
  objects.update(deployment, { ...live, status }, 'status')
}

/** 1.0.0 is released, 1.1.0 was committed, and Helm is about to upgrade. */
export async function anUpgrade(config = own): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.git.commit('main', { [file]: release('1.0.0') }, 'Open the shop')
  podsAre(world, '1.0.0', true)
  await applyRelease(world)
  releaseSays(world, attempt.well())
  const replica = await start(world, config)
  await push(world, replica, '1.1.0')
  await applyRelease(world)
  releaseSays(world, attempt.running())
  await replica.quiet()
  return { world, replica }
}

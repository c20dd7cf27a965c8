import { describe, expect, test, vi } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { put } from '../fakes/object-store.ts'
import { createFakeWorld, type FakeWorld, gitUrl, type Replica } from '../fakes/world.ts'
import { start } from './replica.ts'

const freely = { 'fairlead.dev/chart-policy': 'minor', 'fairlead.dev/require-approval': 'false' }
const shop = (revision: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd
  annotations: {fairlead.dev/chart-policy: minor, fairlead.dev/require-approval: "false"}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: prod}
  source:
    repoURL: https://charts.example.com
    chart: podinfo
    targetRevision: ${revision} # by fairlead
`

/** What Argo CD says: `root` has applied the head, and `shop` was compared with that version of its chart. */
async function argoRuns(world: FakeWorld, applied: string, compared: string): Promise<void> {
  const head = (await world.git.remoteHead('main')) ?? ''
  const destination = { server: 'https://kubernetes.default.svc' }
  const app = (name: string, source: object, status: object, annotations: Record<string, string> = {}) =>
    put(world.cluster.objects, resources.application, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name, namespace: 'argocd', annotations },
      spec: { destination, source },
      status,
    })
  app(
    'root',
    { repoURL: gitUrl, path: 'root', targetRevision: 'HEAD' },
    {
      sync: { status: 'Synced', revision: head },
      resources: [{ group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'shop' }],
    },
  )
  app(
    'shop',
    { repoURL: 'https://charts.example.com', chart: 'podinfo', targetRevision: applied },
    { sync: { status: 'Synced', revision: compared } },
    { ...freely, 'argocd.argoproj.io/tracking-id': 'root:argoproj.io/Application:argocd/shop' },
  )
}

async function anApplication(revision: string): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.charts.publish({ type: 'http', url: 'https://charts.example.com', chart: 'podinfo' }, ['6.5.4', '6.6.0'])
  world.git.commit('main', { 'root/shop.yaml': shop(revision) }, 'Open the shop')
  await argoRuns(world, revision, revision)
  return { world, replica: await start(world) }
}

describe('the chart of an Application', () => {
  const applied = (world: FakeWorld) =>
    world.requests()[0]?.status?.conditions?.find((condition) => condition.type === 'Applied')

  test('follows its repository, where the Application is declared', async () => {
    const { world } = await anApplication('6.5.4')
    expect(world.git.read('main', 'root/shop.yaml')).toBe(shop('6.6.0'))
    expect(world.requests()[0]?.spec).toMatchObject({
      targets: [{ kind: 'Application', namespace: 'argocd', name: 'shop', container: 'chart' }],
      change: { from: 'podinfo:6.5.4', to: 'podinfo:6.6.0', path: 'root/shop.yaml' },
    })
  })

  test('goes back when a person says so', async () => {
    const { world, replica } = await anApplication('6.5.4')
    await argoRuns(world, '6.6.0', '6.6.0')
    await replica.quiet()
    const key = { kind: 'Application', namespace: 'argocd', name: 'shop' }
    const request = await replica.loops.api.wayBack(key, { reason: 'orders fail', by: 'alice' })
    if (request === undefined) throw new Error('no such Application')
    await replica.loops.api.rollBack(request)
    await vi.waitFor(() => expect(world.git.read('main', 'root/shop.yaml')).toBe(shop('6.5.4')), { timeout: 20_000 })
  })

  test('is followed until it was compared with its new manifest', async () => {
    const { world, replica } = await anApplication('6.5.4')
    await argoRuns(world, '6.6.0', '6.5.4')
    await replica.quiet()
    expect(applied(world)).toMatchObject({ status: 'False' })
    await argoRuns(world, '6.6.0', '6.6.0')
    await replica.quiet()
    expect(applied(world)).toMatchObject({ status: 'True' })
  })

  test('is left alone where it is a range', async () => {
    const { world } = await anApplication('6.x')
    expect(world.git.read('main', 'root/shop.yaml')).toBe(shop('6.x'))
    expect(world.cluster.recorded.map(({ reason, about }) => [reason, about.kind])).toContainEqual([
      'PinnedRevision',
      'Application',
    ])
  })
})

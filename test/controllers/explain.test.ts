import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, manifestOf, type Replica } from '../fakes/world.ts'
import { start } from './replica.ts'

const freely = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
const asking = { 'fairlead.dev/policy': 'minor' }

interface Setup {
  annotations?: Record<string, string>
  config?: string
  /** Tags beside 1.0.0. */
  tags?: string[]
  /** Before fairlead starts. */
  before?: (world: FakeWorld) => void
  /** After everything has come to rest. */
  after?: (world: FakeWorld, replica: Replica) => Promise<void> | void
}

async function explained({ annotations = freely, config = 'mode: commit', tags = ['1.1.0'], before, after }: Setup) {
  const world = createFakeWorld()
  for (const tag of ['1.0.0', ...tags]) world.registry.push(image('web'), tag, { digest: digestOf(tag) })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', annotations)
  await world.sync()
  before?.(world)
  const replica = await start(world, config)
  await after?.(world, replica)
  await replica.quiet()
  const found = await replica.loops.api.explain({ kind: 'Deployment', namespace: 'prod', name: 'web' }, undefined)
  const [container] = found?.containers ?? []
  if (container === undefined) throw new Error('nothing is explained')
  return container
}

const verdicts = (gates: readonly { gate: string; verdict: string; reason: string }[]) =>
  gates.map(({ gate, verdict, reason }) => `${gate}: ${verdict} ${reason}`)

/** The last gate tells why it goes no further. */
const rows: [what: string, setup: Setup, last: string, message: RegExp][] = [
  ['has no policy', { annotations: {} }, 'policy: stop NoPolicy', /no annotation fairlead.dev\/policy/],
  [
    'has its policy on the live object only',
    { annotations: {}, before: (world) => world.annotate('web', freely) },
    'policy: stop PolicyNotInGit',
    /only on the live object/,
  ],
  [
    'has a policy that is none',
    { annotations: { 'fairlead.dev/policy': 'mnior' } },
    'policy: stop PolicyInvalid',
    /mnior/,
  ],
  [
    'is not in the inventory of its owner',
    { before: (world) => world.deploy('other', 'x:1'), annotations: freely, after: strayed },
    'origin: stop NotOwned',
    /does not list/,
  ],
  [
    'is on hold',
    { annotations: { ...freely, 'fairlead.dev/hold': 'incident 42' } },
    'hold: stop Held',
    /^incident 42$/,
  ],
  ['has no newer tag', { tags: ['2.0.0', 'latest'] }, 'tags: stop no-candidate', /Git has ghcr.io\/acme\/web:1.0.0/],
  [
    'has a registry that does not answer',
    {
      before: (world) => {
        world.registry.tags = () => Promise.reject(new FairleadError('RegistryUnavailable', 'gone'))
      },
    },
    'tags: wait RegistryUnavailable',
    /gone/,
  ],
  ['is observed only', { config: 'mode: observe' }, 'approval: pass NotRequired', /no approval is required/],
  ['waits for an approval', { annotations: asking }, 'approval: wait ApprovalRequired', /waits for an approval until/],
  [
    'waits for a second approval',
    { annotations: asking, config: 'mode: commit\napprovals: {fourEyes: true}', after: approved },
    'approval: wait ApprovalRequired',
    /approved by alice; waits for the approval of somebody else/,
  ],
  [
    'is too young',
    { annotations: { ...freely, 'fairlead.dev/min-age': '1h' } },
    'timing: wait TooYoung',
    /old enough at .* \(min-age\)/,
  ],
  [
    'is outside of its window',
    { config: 'mode: commit\nwindows: [{name: freeze, match: {}, exclude: [{cron: "* * * * *", duration: 1h}]}]' },
    'timing: wait OutsideWindow',
    /window freeze closed/,
  ],
  [
    'would only go to what is built for another platform',
    { annotations: { ...freely, 'fairlead.dev/platform': 'linux/s390x' } },
    'tags: stop WrongPlatform',
    /no tag is to be chosen instead/,
  ],
  [
    'was rejected',
    {
      annotations: asking,
      async after(world, replica) {
        const [request] = world.requests()
        if (request !== undefined) await replica.loops.api.reject(request, { by: 'bob', reason: 'breaks the shop' })
      },
    },
    'request: stop Rejected',
    /rejected by bob: breaks the shop/,
  ],
]

function strayed(world: FakeWorld): void {
  const kustomization = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', plural: 'kustomizations' }
  const resource = { ...kustomization, kind: 'Kustomization', namespaced: true }
  const object = world.cluster.objects.get(resource, 'flux-system', 'apps')
  if (object === undefined) throw new Error('there is no Kustomization')
  const status = { ...(object.status as object), inventory: { entries: [] } }
  world.cluster.objects.update(resource, { ...object, status }, 'status')
}

async function approved(world: FakeWorld, replica: Replica): Promise<void> {
  const [request] = world.requests()
  if (request !== undefined) await replica.loops.api.approve(request, { by: 'alice' })
}

describe('it is explained why a container is not updated that', () => {
  test.each(rows)('%s', async (_, setup, last, message) => {
    const { gates } = await explained(setup)
    expect(verdicts(gates).at(-1)).toBe(last)
    expect(gates.at(-1)?.message).toMatch(message)
  })
})

test('every gate is told in order, with the place in Git, the tags and the request', async () => {
  const found = await explained({
    annotations: asking,
    config: 'mode: observe\nsuspend: true',
    tags: ['1.1.0', '2.0.0'],
  })
  expect(verdicts(found.gates)).toEqual([
    'policy: pass minor',
    'origin: pass Traced',
    'hold: pass NotHeld',
    'tags: pass selected',
    'agreement: pass Agreed',
    'timing: pass Due',
    'request: pass Pending',
    'mode: stop ObserveOnly',
    'suspend: stop Suspended',
    'approval: wait ApprovalRequired',
  ])
  const origin = found.gates.find(({ gate }) => gate === 'origin')
  expect(origin?.message).toMatch(/^apps\/web.yaml:\d+ 0:spec.template.spec.containers\[0\].image = /)
  expect(origin?.evidence).not.toEqual([])
  expect(found).toMatchObject({ container: 'web', image: 'ghcr.io/acme/web:1.0.0' })
  expect(found.verdicts).toEqual({ selected: 1, 'not-newer': 1, 'outside-policy': 1 })
  expect(found.candidates).toContainEqual({ tag: '1.1.0', verdict: 'selected' })
  expect(found.updateRequest).toMatch(/^prod\//)
})

test('what was pushed is followed to where the engine is', async () => {
  const pushed = await explained({})
  expect(verdicts(pushed.gates).slice(-3)).toEqual([
    'request: pass Completed',
    'delivery: pass Completed',
    expect.stringMatching(/^sync: wait /),
  ])
  const applied = await explained({ after: (world) => world.sync() })
  expect(verdicts(applied.gates).at(-1)).toMatch(/^sync: pass /)
})

test('a container whose last update was a moment ago waits, and it is known until when', async () => {
  const annotations = { ...freely, 'fairlead.dev/min-update-interval': '1h' }
  const { gates } = await explained({
    annotations,
    async after(world, replica) {
      world.registry.push(image('web'), '1.2.0', { digest: digestOf('1.2.0') })
      replica.loops.images.hinted(image('web'))
    },
  })
  expect(gates.at(-1)).toMatchObject({ gate: 'timing', verdict: 'wait', reason: 'min-update-interval' })
  expect(Date.parse(gates.at(-1)?.until ?? '')).toBeGreaterThan(Date.now())
})

test('containers of one place that disagree are named', async () => {
  const { gates } = await explained({
    before(world) {
      const two = manifestOf('web', 'ghcr.io/acme/web:1.0.0', freely)
      world.git.commit('main', { 'apps/web.yaml': two, 'apps/web-copy.yaml': two }, 'Twice')
    },
  })
  expect(gates.at(-1)).toMatchObject({ gate: 'origin', verdict: 'stop', reason: 'Ambiguous' })
  expect(gates.at(-1)?.evidence).not.toEqual([])
})

test('a container that the workload does not have is said to be missing, with those it has', async () => {
  const world = createFakeWorld()
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', freely)
  await world.sync()
  const replica = await start(world)
  const key = { kind: 'Deployment', namespace: 'prod', name: 'web' }
  await expect(replica.loops.api.explain(key, 'wep')).rejects.toThrow('has no container "wep"; it has web')
})

test('a workload that is not there, or not looked after, is not explained', async () => {
  const world = createFakeWorld()
  const replica = await start(world)
  const key = { kind: 'Deployment', namespace: 'prod', name: 'web' }
  expect(await replica.loops.api.explain(key, undefined)).toBeUndefined()
})

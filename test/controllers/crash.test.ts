import { describe, expect, test } from 'vitest'
import { createFakeWorld, digestOf, type FakeWorld, type Faults, image } from '../fakes/world.ts'
import { aTrial, modes } from './faults.ts'

async function aWorld(annotations?: Record<string, string>): Promise<FakeWorld> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', annotations)
  await world.sync()
  return world
}

interface Life {
  faults?: Faults
  /** Who approves what waits, one after the other. */
  approvers?: readonly string[]
}

async function live(world: FakeWorld, { faults, approvers = [] }: Life = {}): Promise<void> {
  const fourEyes = approvers.length > 1
  const replica = await world.start(`mode: commit\napprovals: {fourEyes: ${fourEyes}}`, faults)
  await replica.quiet()
  for (const by of approvers) {
    const [pending] = world.requests().filter(({ status }) => status?.phase === 'Pending')
    // Whoever gets no answer comes again in the next life.
    if (pending !== undefined) await replica.loops.api.approve(pending, { by }).catch(() => undefined)
    await replica.quiet()
  }
  await world.sync()
  await replica.quiet()
  await replica.stop()
}

/** What must be true in the end, whatever happened on the way. */
async function endOf(world: FakeWorld) {
  const ours = world.git.messages('main').filter((message) => message.includes('Fairlead-Id:'))
  const head = await world.git.remoteHead('main')
  return {
    commits: ours.length,
    file: world.git.read('main', 'apps/web.yaml')?.includes('web:1.1.0'),
    requests: world.requests().map(({ status }) => ({
      phase: status?.phase,
      namesTheCommit: status?.commit === head,
      applied: status?.conditions?.find((one) => one.type === 'Applied')?.status,
    })),
  }
}

const wanted = { commits: 1, file: true, requests: [{ phase: 'Completed', namesTheCommit: true, applied: 'True' }] }

describe('a pushed image becomes exactly one commit', () => {
  test('without any fault', async () => {
    const world = await aWorld()
    const trial = aTrial('lose', 0)
    await live(world, trial)
    expect(await endOf(world)).toEqual(wanted)
    expect(trial.effects).toEqual(expect.arrayContaining(['create', 'store', 'push', 'updateStatus']))
  })

  for (const mode of modes) {
    test(`although the process meets "${mode}" at any one of its effects`, async () => {
      const dry = aTrial(mode, 0)
      await live(await aWorld(), dry)
      expect(dry.effects.length).toBeGreaterThan(4)
      for (let at = 1; at <= dry.effects.length; at++) {
        const world = await aWorld()
        const trial = aTrial(mode, at)
        await live(world, trial)
        await live(world)
        expect(await endOf(world), `${mode} effect ${at}: ${trial.effects[at - 1]}`).toEqual(wanted)
      }
    })
  }
})

const stories: [what: string, approvers: readonly string[]][] = [
  ['somebody approves', ['alice']],
  ['two people approve', ['alice', 'bob']],
]

describe.each(stories)('an update that %s becomes exactly one commit, never without them', (_, approvers) => {
  const asking = { 'fairlead.dev/policy': 'minor' }

  async function endOfApproved(world: FakeWorld) {
    const approvals = world.requests().flatMap(({ status }) => status?.approvals?.map(({ by }) => by) ?? [])
    return { ...(await endOf(world)), approvals, approvedBy: world.requests()[0]?.status?.approvedBy }
  }
  const approved = { ...wanted, approvals: approvers, approvedBy: approvers.at(-1) }

  test('without any fault', async () => {
    const world = await aWorld(asking)
    await live(world)
    expect(await endOf(world)).toMatchObject({ commits: 0, file: false })
    await live(world, { approvers })
    expect(await endOfApproved(world)).toEqual(approved)
  })

  for (const mode of modes) {
    test(`although the process meets "${mode}" at any one of its effects`, async () => {
      const dry = aTrial(mode, 0)
      await live(await aWorld(asking), { ...dry, approvers })
      expect(dry.effects.length).toBeGreaterThan(6)
      for (let at = 1; at <= dry.effects.length; at++) {
        const world = await aWorld(asking)
        const trial = aTrial(mode, at)
        await live(world, { ...trial, approvers })
        await live(world, { approvers })
        expect(await endOfApproved(world), `${mode} effect ${at}: ${trial.effects[at - 1]}`).toEqual(approved)
      }
    })
  }
})

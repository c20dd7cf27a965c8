import { describe, expect, test } from 'vitest'
import {
  type MessagePlace,
  maxPendingEvents,
  type WorkloadRolloutStateStatus,
} from '../../../src/api/workload-rollout-state.ts'
import type { CarriedChange } from '../../../src/core/change/carrier.ts'
import { decideRecord, type Settlement, withPending } from '../../../src/core/event/rollout-record.ts'
import { rolloutId } from '../../../src/core/event/transition.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload, type Workload } from '../../../src/core/workload/workload.ts'
import { deployment } from '../workload/sample.ts'

const minute = 60_000
const atMinute = (minutes: number) => new Date(Date.parse('2026-03-01T10:00:00Z') + minutes * minute)
const change = { commit: 'c0ffee', changeId: '0123456789abcdef' }

function web(generation: number, version: string, updated = 3): Workload {
  const metadata = { generation, annotations: { 'deployment.kubernetes.io/revision': String(generation) } }
  const status = { observedGeneration: generation, updatedReplicas: updated, conditions: [] }
  return readWorkload(deployment({ image: `ghcr.io/acme/web:${version}`, metadata, status }))
}

/** A workload with what fairlead remembers and what the cluster keeps of it. */
function aWorkload(sinks: readonly string[] = ['slack', 'webhook']) {
  let state: RolloutState | undefined
  let kept: WorkloadRolloutStateStatus | undefined
  const settlements = new Map<string, Settlement>()
  const settled = (id: string, sink: string) => settlements.get(`${id} ${sink}`)
  const places = new Map<string, MessagePlace>()
  const given = { cluster: 'prod', sinks, settled, messageOf: (rollout: string) => places.get(rollout) }
  const world = {
    get kept() {
      return kept
    },
    /** Looks, without writing anything. */
    see(workload: Workload, minutes: number) {
      state = trackRollout(state, workload, atMinute(minutes))
      return decideRecord({ kept, state, workload, change: undefined, ...given })
    },
    /** Looks and writes. */
    keep(workload: Workload, minutes: number, by: { change?: CarriedChange } = {}) {
      state = trackRollout(state, workload, atMinute(minutes))
      const record = decideRecord({ kept, state, workload, change: by.change, ...given })
      kept = record?.status ?? kept
      return record
    },
    /** The number-th event of what is kept came to its end at a sink. */
    settle(number: number, sink: string, settlement: Settlement = 'sent') {
      settlements.set(`${kept?.pending?.[number]?.id} ${sink}`, settlement)
    },
    /** Slack has a message about the rollout that is kept. */
    post(ts: string) {
      const { revision = '', startedAt = '' } = kept ?? {}
      const rollout = rolloutId({ cluster: 'prod', workload: { uid: state?.uid ?? '' }, revision, startedAt })
      places.set(rollout, { channel: 'C1', ts })
      return { rollout, channel: 'C1', ts }
    },
    events: () => (kept?.pending ?? []).map(({ phase, version }) => `${version} ${phase}`),
  }
  return world
}

describe('what is written about a rollout', () => {
  test('at first sight of what is settled tells nobody', () => {
    expect(aWorkload().keep(web(1, '1.0.0'), 0)).toMatchObject({
      news: false,
      status: { phase: 'success', version: '1.0.0', observedGeneration: 1 },
    })
  })

  test('is nothing when it is kept already', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    expect(world.see(web(1, '1.0.0'), 5)).toBeUndefined()
  })

  test('tells each phase once, in order, complete in itself', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    expect(world.keep(web(2, '2.0.0', 1), 1, { change })?.news).toBe(true)
    world.keep(web(2, '2.0.0', 3), 4)
    expect(world.kept?.pending).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        phase: 'rolling_out',
        at: '2026-03-01T10:01:00Z',
        sinks: ['slack', 'webhook'],
        revision: world.kept?.revision,
        version: '2.0.0',
        previousVersion: '1.0.0',
        reason: 'Progressing',
        message: '',
        startedAt: '2026-03-01T10:01:00Z',
        image: 'ghcr.io/acme/web:2.0.0',
        ...change,
      },
      expect.objectContaining({
        phase: 'success',
        at: '2026-03-01T10:04:00Z',
        finishedAt: '2026-03-01T10:04:00Z',
        ...change,
      }),
    ])
    expect(world.kept).toMatchObject(change)
  })

  test('tells the beginning of what ended before anybody looked', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 3), 5)
    expect(world.events()).toEqual(['2.0.0 rolling_out', '2.0.0 success'])
  })

  test('tells of a failure that was completed before it could be written', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 1), 1)
    world.see(web(2, '2.0.0', 1), 30)
    world.keep(web(2, '2.0.0', 3), 31)
    expect(world.events()).toEqual(['2.0.0 rolling_out', '2.0.0 failed', '2.0.0 success'])
    expect(world.kept?.pending?.at(-1)).toMatchObject({ recovered: true })
  })

  test('tells of what was under way at first sight', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0', 1), 0)
    world.keep(web(1, '1.0.0', 3), 1)
    expect(world.events()).toEqual(['1.0.0 rolling_out', '1.0.0 success'])
  })

  test('gives a version that comes back other ids than before', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 3), 1)
    world.keep(web(3, '1.0.0', 3), 2)
    world.keep(web(4, '2.0.0', 3), 3)
    expect(world.events()).toHaveLength(6)
    expect(new Set(world.kept?.pending?.map(({ id }) => id)).size).toBe(6)
    expect(world.kept?.pending?.map(({ rollback }) => rollback === true)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ])
  })

  test('gives the same events the same ids, whoever writes them', () => {
    const [one, other] = [aWorkload(), aWorkload()]
    for (const world of [one, other]) {
      world.keep(web(1, '1.0.0'), 0)
      world.keep(web(2, '2.0.0', 3), 1)
    }
    expect(one.kept?.pending).toEqual(other.kept?.pending)
  })

  test('has no events where nobody is told', () => {
    const world = aWorkload([])
    world.keep(web(1, '1.0.0'), 0)
    expect(world.keep(web(2, '2.0.0', 3), 1)?.status).not.toHaveProperty('pending')
  })
})

describe('an incident', () => {
  const incidents = (status: WorkloadRolloutStateStatus | undefined) =>
    (status?.pending ?? []).map(({ version, phase, incident }) => [`${version} ${phase}`, incident])
  const idOf = (status: WorkloadRolloutStateStatus | undefined, number: number) => status?.pending?.[number]?.id

  test('begins with a failure and ends with the next success, of another version too', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 1), 1)
    world.keep(web(2, '2.0.0', 1), 30)
    const opened = idOf(world.kept, 1)
    expect(world.kept?.incident).toBe(opened)
    world.keep(web(3, '2.0.1', 1), 31)
    expect(world.kept?.incident).toBe(opened)
    world.keep(web(3, '2.0.1', 3), 32)
    expect(world.kept).not.toHaveProperty('incident')
    expect(incidents(world.kept)).toEqual([
      ['2.0.0 rolling_out', undefined],
      ['2.0.0 failed', opened],
      ['2.0.1 rolling_out', undefined],
      ['2.0.1 success', opened],
    ])
  })

  test('goes on while every version fails', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 1), 1)
    world.keep(web(2, '2.0.0', 1), 30)
    const opened = idOf(world.kept, 1)
    world.keep(web(3, '2.0.1', 1), 31)
    world.keep(web(3, '2.0.1', 1), 60)
    world.keep(web(4, '1.0.0', 3), 61)
    expect(incidents(world.kept).filter(([, incident]) => incident !== undefined)).toEqual([
      ['2.0.0 failed', opened],
      ['2.0.1 failed', opened],
      ['1.0.0 success', opened],
    ])
  })

  test('begins and ends when its rollout failed and was completed between two looks', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 1), 1)
    world.see(web(2, '2.0.0', 1), 30)
    world.keep(web(2, '2.0.0', 3), 31)
    const opened = idOf(world.kept, 1)
    expect(incidents(world.kept).slice(1)).toEqual([
      ['2.0.0 failed', opened],
      ['2.0.0 success', opened],
    ])
    expect(world.kept).not.toHaveProperty('incident')
  })

  test('is none where nothing failed, and none ends that nobody saw begin', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0', 1), 0)
    world.keep(web(1, '1.0.0', 3), 1)
    expect(incidents(world.kept).map(([, incident]) => incident)).toEqual([undefined, undefined])
  })
})

describe('an event that came to its end', () => {
  function aPendingRollout() {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 1), 1)
    return world
  }
  const sinksOf = (status: WorkloadRolloutStateStatus | undefined) => status?.pending?.map(({ sinks }) => sinks)

  test('at one sink waits for the other', () => {
    const world = aPendingRollout()
    world.settle(0, 'slack')
    expect(world.keep(web(2, '2.0.0', 1), 2)).toMatchObject({ news: false })
    expect(sinksOf(world.kept)).toEqual([['webhook']])
    expect(world.see(web(2, '2.0.0', 1), 3)).toBeUndefined()
  })

  test('everywhere is not kept any more', () => {
    const world = aPendingRollout()
    world.settle(0, 'slack')
    world.settle(0, 'webhook')
    world.keep(web(2, '2.0.0', 1), 2)
    expect(world.kept).not.toHaveProperty('pending')
    expect(world.kept).not.toHaveProperty('eventsDropped')
  })

  test('because it was given up is counted', () => {
    const world = aPendingRollout()
    world.settle(0, 'slack', 'dropped')
    world.keep(web(2, '2.0.0', 3), 2)
    expect(sinksOf(world.kept)).toEqual([['webhook'], ['slack', 'webhook']])
    expect(world.kept?.eventsDropped).toBe(1)
  })
})

describe('the condition RolledOut', () => {
  const rolledOut = (status: WorkloadRolloutStateStatus | undefined) =>
    status?.conditions?.map(({ type, status, reason, lastTransitionTime }) => [
      type,
      status,
      reason,
      lastTransitionTime,
    ])

  test('follows the phase, with its times', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    expect(rolledOut(world.kept)).toEqual([['RolledOut', 'True', 'Complete', '2026-03-01T10:00:00Z']])
    world.keep(web(2, '2.0.0', 1), 1)
    expect(rolledOut(world.kept)).toEqual([['RolledOut', 'Unknown', 'Progressing', '2026-03-01T10:01:00Z']])
    world.keep(web(2, '2.0.0', 1), 30)
    expect(rolledOut(world.kept)).toEqual([['RolledOut', 'False', 'DeadlineExceeded', '2026-03-01T10:30:00Z']])
    world.keep(web(2, '2.0.0', 3), 31)
    expect(rolledOut(world.kept)).toEqual([['RolledOut', 'True', 'Complete', '2026-03-01T10:31:00Z']])
  })

  test('keeps its time while the phase stays, whatever else is written', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(1, '1.0.0'), 5, { change })
    expect(world.kept).toMatchObject(change)
    expect(rolledOut(world.kept)).toEqual([['RolledOut', 'True', 'Complete', '2026-03-01T10:00:00Z']])
  })
})

describe('the message of a rollout', () => {
  test('is kept with the end of the event that it tells, and no write is made for it alone', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 1), 1)
    const message = world.post('1.1')
    expect(world.see(web(2, '2.0.0', 1), 2)).toBeUndefined()
    world.settle(0, 'slack')
    world.keep(web(2, '2.0.0', 1), 2)
    expect(world.kept?.slackMessage).toEqual(message)
    world.keep(web(2, '2.0.0', 3), 3)
    expect(world.kept?.slackMessage).toEqual(message)
  })

  test('stays until the next rollout has one', () => {
    const world = aWorkload()
    world.keep(web(1, '1.0.0'), 0)
    world.keep(web(2, '2.0.0', 3), 1)
    const first = world.post('1.1')
    world.settle(0, 'slack')
    world.keep(web(2, '2.0.0', 3), 2)
    world.keep(web(3, '3.0.0', 1), 3)
    expect(world.kept?.slackMessage).toEqual(first)
    const second = world.post('2.2')
    world.settle(1, 'slack')
    world.keep(web(3, '3.0.0', 1), 4)
    expect(world.kept?.slackMessage).toEqual(second)
  })
})

describe('room for events', () => {
  const event = (id: string) => ({
    id,
    phase: 'failed' as const,
    at: '2026-03-01T10:00:00Z',
    sinks: ['controlPlane', 'slack', 'pubsub', 'cdevents', 'webhook'],
    revision: 'f'.repeat(16),
    version: 'v'.repeat(256),
    previousVersion: 'v'.repeat(256),
    reason: 'ProgressDeadlineExceeded',
    message: '\u{10FFFF}'.repeat(128),
    startedAt: '2026-03-01T10:00:00Z',
    finishedAt: '2026-03-01T10:00:00Z',
    image: 'i'.repeat(512),
    commit: 'c'.repeat(64),
    changeId: 'c'.repeat(16),
    incident: 'd'.repeat(36),
  })
  const world = aWorkload()
  const kept = world.keep(web(1, '1.0.0'), 0)?.status
  if (kept === undefined) throw new Error('nothing was kept')

  test('is bounded: the oldest goes, and is counted', () => {
    const events = Array.from({ length: maxPendingEvents + 3 }, (_, number) => event(String(number)))
    const status = withPending({ ...kept, eventsDropped: 1 }, events)
    expect(status.pending?.map(({ id }) => id)).toEqual(['3', '4', '5', '6', '7', '8', '9', '10'])
    expect(status.eventsDropped).toBe(4)
    const message = '\u{10FFFF}'.repeat(256)
    expect(Buffer.byteLength(JSON.stringify({ ...status, message }))).toBeLessThan(32 * 1024)
  })

  test('holds each event once', () => {
    expect(withPending(kept, [event('a'), event('a')]).pending).toHaveLength(1)
  })
})

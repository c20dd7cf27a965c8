import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import type { SlotValue } from '../../../src/core/image/quarantine.ts'
import { breakerWait } from '../../../src/core/rollback/breaker.ts'
import { decideRollback, type OwnChange } from '../../../src/core/rollback/decide.ts'
import type { EarlierRollback } from '../../../src/core/rollback/decision.ts'
import { slotPast } from '../../../src/core/rollback/past.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'

/** Somebody writes an image into the slot, and it runs or does not. */
interface Write {
  by: 'human' | 'fairlead'
  image: string
  fails: boolean
  /** What is put back fails, too. */
  backFails: boolean
  /** All requests are gone: deleted, or beyond those that are kept. */
  forgets: boolean
}

const images = ['web:1', 'web:2', 'web:3', 'web:4']
const write: fc.Arbitrary<Write> = fc.record({
  by: fc.constantFrom('human', 'fairlead'),
  image: fc.constantFrom(...images),
  fails: fc.boolean(),
  backFails: fc.boolean(),
  forgets: fc.boolean(),
})

interface Back {
  from: string
  to: string
  /** Image that ran well last when it was decided. */
  lastGood: string | undefined
}

/** A template is as good as its image here. */
const templateOf = (image: string) => `template of ${image}`

/** Plays a history with one slot and one workload, and tells every rollback that was decided. */
function play(writes: readonly Write[], scope: 'own' | 'any'): Back[] {
  const values: SlotValue[] = [{ image: 'web:0', commit: 'c0' }]
  const backs: Back[] = []
  let lastGood = 'web:0'
  let delivered = new Map<string, OwnChange>()
  let rolledBack = new Map<string, EarlierRollback>()
  const put = (value: Omit<SlotValue, 'commit'>, fails: boolean) => {
    values.unshift({ ...value, commit: `c${values.length}` })
    if (!fails) lastGood = value.image
  }
  const settle = (fails: boolean, backFails: boolean): void => {
    const value = values[0]?.image ?? ''
    if (!fails) return
    const { older, ...past } = slotPast(values)
    const decision = decideRollback({
      workload: 'Deployment/prod/web',
      scope,
      rollout: failedWith(value, lastGood),
      isRunning: true,
      isTakenBack: false,
      value,
      own: delivered.get(value),
      earlier: rolledBack.get(value),
      ...past,
      older: older.map((image) => ({ image, revisions: [templateOf(image)] })),
      cause: { reason: 'CrashLoopBackOff', words: 'it crashes' },
      isGivenUp: true,
      hasPods: true,
      unchangedMs: 0,
      stallMs: 0,
    })
    if (decision.kind !== 'rollback') return
    backs.push({ from: value, to: decision.to, lastGood })
    rolledBack.set(value, { name: 'UpdateRequest prod/x', phase: 'Completed', isContained: true })
    put({ image: decision.to, rolledBack: value }, backFails)
    // Nobody ends the loop but the decision itself.
    if (backs.length < 100) settle(backFails, backFails)
  }
  for (const { by, image, fails, backFails, forgets } of writes) {
    if (forgets) [delivered, rolledBack] = [new Map(), new Map()]
    if (image === values[0]?.image) continue
    const before = templateOf(lastGood)
    put({ image }, fails)
    if (by === 'fairlead') delivered.set(image, { isFailed: fails, message: 'it failed', lastGood: before })
    else delivered.delete(image)
    settle(fails, backFails)
  }
  return backs
}

function failedWith(image: string, lastGood: string): RolloutState {
  return {
    uid: '1',
    revision: templateOf(image),
    version: image,
    succeededRevision: templateOf(lastGood),
    phase: 'failed',
    reason: 'ProgressDeadlineExceeded',
    message: 'no progress',
    clock: 'stopped',
    elapsedMs: 0,
    deadlineMs: 900_000,
    recovered: false,
    firstSight: false,
    liveRevision: templateOf(image),
    generation: 2,
    controllerRevision: '2',
    observedAt: '2026-03-01T12:00:00Z',
  }
}

describe('whatever people and fairlead write, and whoever forgets what', () => {
  const history = fc.array(write, { maxLength: 30 })
  const scope = fc.constantFrom('own', 'any')

  test('only what ran well last is put back', () => {
    fc.assert(
      fc.property(history, scope, (writes, counts) => {
        for (const { to, lastGood } of play(writes, counts as 'own' | 'any')) expect(to).toBe(lastGood)
      }),
    )
  })

  test('the same image is never rolled back twice, and so it ends', () => {
    fc.assert(
      fc.property(history, scope, (writes, counts) => {
        const from = play(writes, counts as 'own' | 'any').map((back) => back.from)
        expect(new Set(from).size).toBe(from.length)
      }),
    )
  })

  test('something is put back at all', () => {
    const good: Write = { by: 'fairlead', image: 'web:1', fails: false, backFails: false, forgets: false }
    expect(play([good, { ...good, image: 'web:2', fails: true }], 'own')).toEqual([
      { from: 'web:2', to: 'web:1', lastGood: 'web:1' },
    ])
  })
})

/** An automatic rollback, made and perhaps landed so many minutes after the beginning. */
function automatic(index: number, made: number, landed?: number): UpdateRequest {
  const at = (minute: number) => new Date(minute * 60_000).toISOString()
  const pushed = { type: 'Pushed', status: 'True', reason: 'Pushed', message: '' } as const
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: `r${String(index).padStart(4, '0')}`, namespace: 'prod', creationTimestamp: at(made) },
    spec: {
      targets: [],
      change: { repository: '', branch: '', path: '', keyPath: '', from: 'a', to: 'b' },
      action: 'rollback',
      policy: 'rollback',
      reason: '',
      requireApproval: false,
    },
    status:
      landed === undefined
        ? { phase: 'Pending' }
        : { phase: 'Completed', conditions: [{ ...pushed, lastTransitionTime: at(landed) }] },
  }
}

test('never more rollbacks land in an hour than perHour says, and each lands in the end', () => {
  const gaps = fc.array(fc.nat({ max: 45 }), { minLength: 1, maxLength: 25 })
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 4 }), (minutes, perHour) => {
      const madeAt = minutes.map((_, index) => minutes.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0))
      const made = madeAt.at(-1) ?? 0
      const all = madeAt.map((minute, index) => automatic(index, minute))
      const landed: number[] = []
      for (let minute = 0; minute <= made + 60 * minutes.length; minute++) {
        const now = new Date(minute * 60_000)
        all.forEach((request, index) => {
          const since = madeAt[index] ?? 0
          const known = all.filter((_, other) => (madeAt[other] ?? 0) <= minute)
          if (request.status?.phase !== 'Pending' || since > minute) return
          if (breakerWait(request, { all: known, perHour, now }) !== undefined) return
          all[index] = automatic(index, since, minute)
          landed.push(minute)
        })
      }
      expect(landed).toHaveLength(minutes.length)
      for (const end of landed) {
        expect(landed.filter((one) => one <= end && one > end - 60).length).toBeLessThanOrEqual(perHour)
      }
    }),
    { numRuns: 30 },
  )
})

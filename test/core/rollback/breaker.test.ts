import { describe, expect, test } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import { breakerWait, countsForBreaker } from '../../../src/core/rollback/breaker.ts'

const now = new Date('2026-03-01T12:00:00Z')
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()

interface Kind {
  landed?: number
  made?: number
  waitsFor?: string
  by?: string
  action?: 'update' | 'rollback'
}

function request(name: string, { landed, made = 5, waitsFor, by, action = 'rollback' }: Kind = {}): UpdateRequest {
  const condition = { message: '', lastTransitionTime: minutesAgo(landed ?? made) }
  const pushed = { ...condition, type: 'Pushed', status: 'True', reason: 'Pushed' } as const
  const waits = { ...condition, type: 'Progressing', status: 'True', reason: waitsFor ?? '' } as const
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name, namespace: 'prod', creationTimestamp: minutesAgo(made) },
    spec: {
      targets: [],
      change: { repository: '', branch: '', path: '', keyPath: '', from: 'a', to: 'b' },
      action,
      ...(by === undefined ? {} : { requestedBy: by }),
      policy: 'rollback',
      reason: '',
      requireApproval: false,
    },
    status: {
      phase: landed === undefined ? 'Pending' : 'Completed',
      conditions: [...(landed === undefined ? [] : [pushed]), ...(waitsFor === undefined ? [] : [waits])],
    },
  }
}

const mine = request('m', { made: 1 })
const wait = (...others: UpdateRequest[]) => breakerWait(mine, { all: [mine, ...others], perHour: 2, now })

describe('an automatic rollback', () => {
  test('goes while there are few', () => {
    expect(wait(request('a', { landed: 10 }))).toBeUndefined()
  })

  test('waits until the oldest of too many is an hour old', () => {
    expect(wait(request('a', { landed: 50 }), request('b', { landed: 10 }))).toMatchObject({ untilMs: 600_000 })
  })

  test('waits behind those that were made before it', () => {
    expect(wait(request('a'), request('b', { waitsFor: 'RollbackBreaker' }))).toMatchObject({
      message: expect.stringContaining('2 come before it'),
    })
  })

  const passed: [what: string, other: UpdateRequest][] = [
    ['that landed more than an hour ago', request('b', { landed: 61, made: 90 })],
    ['that people asked for', request('b', { landed: 3, by: 'alice' })],
    ['that something else holds', request('b', { waitsFor: 'Held' })],
    ['that were made after it', request('b', { made: 0 })],
    ['that are updates', request('b', { landed: 3, action: 'update' })],
  ]
  test.each(passed)('does not count those %s', (_, other) => {
    expect(wait(request('a', { landed: 10 }), other)).toBeUndefined()
  })

  const jumps: [clock: string, landed: number, untilMs: number | undefined][] = [
    ['set back by two hours still counts what landed before', -110, 3_600_000],
    ['that was absurd once holds nobody up for ever', -500_000, undefined],
  ]
  test.each(jumps)('by a clock %s', (_, landed, untilMs) => {
    const found = wait(request('a', { landed, made: 5 }), request('b', { landed, made: 5 }))
    expect(found?.untilMs).toBe(untilMs)
  })
})

test('a rollback counts for an hour, one that a person asked for never', () => {
  expect(countsForBreaker(request('a', { landed: 59 }), now)).toBe(true)
  expect(countsForBreaker(request('a', { landed: 61 }), now)).toBe(false)
  expect(countsForBreaker(request('a', { landed: 5, by: 'alice' }), now)).toBe(false)
})

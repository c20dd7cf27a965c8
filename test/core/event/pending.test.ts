import { describe, expect, test } from 'vitest'
import type { PendingEvent } from '../../../src/api/workload-rollout-state.ts'
import { isTooOld, nextAttempt, pendingTransition } from '../../../src/core/event/pending.ts'
import { eventId, rolloutId } from '../../../src/core/event/transition.ts'
import { FairleadError } from '../../../src/errors.ts'

const workload = { kind: 'Deployment', namespace: 'prod', name: 'web', uid: 'u1' }
const event: PendingEvent = {
  id: 'e1',
  phase: 'failed',
  at: '2026-03-01T10:15:00Z',
  sinks: ['slack'],
  revision: '0123456789abcdef',
  version: '2.0.0',
  previousVersion: '1.0.0',
  reason: 'DeadlineExceeded',
  message: 'not done',
  startedAt: '2026-03-01T10:00:00Z',
  finishedAt: '2026-03-01T10:15:00Z',
}
const digest = `sha256:${'a'.repeat(64)}`

describe('a transition that was kept', () => {
  test('is whole again', () => {
    const given = {
      ...event,
      image: `ghcr.io/acme/web:2.0.0@${digest}`,
      commit: 'c0ffee',
      changeId: 'f00',
      rollback: true,
      incident: 'e0',
    }
    expect(pendingTransition(given as PendingEvent, workload, { cluster: 'prod', labels: { team: 'x' } })).toEqual({
      cluster: 'prod',
      workload: { ...workload, labels: { team: 'x' } },
      phase: 'failed',
      at: event.at,
      revision: event.revision,
      version: '2.0.0',
      previousVersion: '1.0.0',
      reason: 'DeadlineExceeded',
      message: 'not done',
      startedAt: event.startedAt,
      finishedAt: event.finishedAt,
      recovered: false,
      rollback: true,
      image: `ghcr.io/acme/web:2.0.0@${digest}`,
      digest,
      commit: 'c0ffee',
      changeId: 'f00',
      incident: 'e0',
    })
  })

  test('has the id it had, also without what was not known', () => {
    const transition = pendingTransition(event, workload, { cluster: 'prod', labels: {} })
    expect(transition).not.toHaveProperty('image')
    expect(eventId(transition)).toBe(eventId({ cluster: 'prod', workload, ...event }))
  })

  test('knows where an earlier life has told of its rollout, and of no other', () => {
    const facts = { cluster: 'prod', labels: {} }
    const rollout = rolloutId({ cluster: 'prod', workload, ...event })
    const place = { channel: 'C1', ts: '1.1' }
    const told = (id: string) =>
      pendingTransition(event, workload, { ...facts, slackMessage: { rollout: id, ...place } })
    expect(told(rollout).toldAt).toEqual(place)
    expect(told('another')).not.toHaveProperty('toldAt')
  })

  test('is told for a day', () => {
    expect(isTooOld(event, new Date('2026-03-02T10:15:00Z'))).toBe(false)
    expect(isTooOld(event, new Date('2026-03-02T10:15:01Z'))).toBe(true)
    expect(isTooOld(event, new Date('2026-02-01T00:00:00Z'))).toBe(false)
  })
})

describe('what a sink did not take', () => {
  const busy = (retryAfterMs?: number) =>
    new FairleadError('HttpFailed', 'busy', retryAfterMs === undefined ? {} : { retryAfterMs })
  const refused = new FairleadError('TooLarge', 'no')
  const one = { size: 1, failures: 1, random: 1 }

  test.each([
    ['is sent again after a second', busy(), one, { kind: 'wait', ms: 1_000 }],
    ['is sent again later with every failure', busy(), { ...one, failures: 4 }, { kind: 'wait', ms: 8_000 }],
    ['is sent again every five minutes in the end', busy(), { ...one, failures: 500 }, { kind: 'wait', ms: 300_000 }],
    ['is spread out, so that not all come back at once', busy(), { ...one, random: 0 }, { kind: 'wait', ms: 500 }],
    ['is not sent before the receiver wants it', busy(90_000), one, { kind: 'wait', ms: 90_000 }],
    ['is not put off for days', busy(86_400_000), one, { kind: 'wait', ms: 3_600_000 }],
    ['is sent piece by piece when something in it was refused', refused, { ...one, size: 7 }, { kind: 'split' }],
    ['is given up when it was refused alone', refused, one, { kind: 'drop' }],
  ])('%s', (_, error, situation, next) => {
    expect(nextAttempt(error, situation)).toEqual(next)
  })
})

import { describe, expect, test } from 'vitest'
import { withLateRefresh } from '../../../src/core/sync/argo-refresh.ts'
import type { Sync } from '../../../src/core/sync/sync-state.ts'

const pushed = Date.parse('2026-03-01T12:00:00Z')
const later = (seconds: number) => new Date(pushed + seconds * 1000)
const waiting: Sync = {
  engine: 'argocd',
  object: 'Application/argocd/web',
  state: 'pending',
  reason: 'NotFetched',
  message: 'c has not been compared with yet',
  revision: 'b',
}
const application = (reconciledAt?: string) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'argocd' },
  ...(reconciledAt === undefined ? {} : { status: { reconciledAt } }),
})

// promotion table, row 3: longer than twice the interval at which Argo CD polls
describe('an Application that has not compared with a commit', () => {
  const rows: [what: string, seconds: number, reconciledAt: string | undefined, reason: string, words: RegExp][] = [
    ['has time to look by itself', 359, undefined, 'NotFetched', /not been compared with yet$/],
    [
      'was not refreshed for long',
      360,
      '2026-03-01T11:59:00Z',
      'WebhookMissing',
      /nothing has refreshed it.*argocdWebhook/,
    ],
    ['was never refreshed', 360, undefined, 'WebhookMissing', /argocd app get web --hard-refresh/],
    ['was refreshed and did not see it', 360, '2026-03-01T12:03:00Z', 'RefreshDropped', /did not see the commit/],
    ['is looked at by a clock that was set back', -7200, undefined, 'NotFetched', /not been compared with yet$/],
  ]
  test.each(rows)('%s', (_, seconds, reconciledAt, reason, words) => {
    const found = withLateRefresh(waiting, application(reconciledAt), { pushedMs: pushed, now: later(seconds) })
    expect(found).toMatchObject({ state: 'pending', reason, message: expect.stringMatching(words) })
  })

  test('is told as it is when nobody knows since when it waits, or something else is the matter', () => {
    const late = { pushedMs: pushed, now: later(3600) }
    const blocked: Sync = { ...waiting, state: 'blocked', reason: 'SkipReconcile' }
    expect(withLateRefresh(waiting, application(), { ...late, pushedMs: undefined })).toBe(waiting)
    expect(withLateRefresh(blocked, application(), late)).toBe(blocked)
  })
})

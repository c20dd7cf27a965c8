import { describe, expect, test } from 'vitest'
import type { UpdateRequest, UpdateRequestPhase, UpdateRequestStatus } from '../../../src/api/update-request.ts'
import { isApproved, recordApproval, recordRejection, waitingWords } from '../../../src/core/change/approval.ts'

const now = new Date('2026-03-01T12:00:00Z')
const at = '2026-03-01T11:00:00.000Z'

function aRequest(status: UpdateRequestStatus = {}, expiresAt?: string): UpdateRequest {
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: 'abc-1', namespace: 'prod' },
    spec: {
      targets: [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'web' }],
      change: { repository: 'r', branch: 'main', path: 'a.yaml', keyPath: '0:image', from: 'web:1', to: 'web:2' },
      policy: 'minor',
      reason: 'selected',
      requireApproval: true,
      ...(expiresAt === undefined ? {} : { expiresAt }),
    },
    status,
  }
}

const byAlice = { approvals: [{ by: 'alice', at }] }
const byBoth = { approvals: [...byAlice.approvals, { by: 'bob', at }] }

describe('an approval', () => {
  const rows: [what: string, before: UpdateRequestStatus, by: string, fourEyes: boolean, after: object][] = [
    [
      'by one completes it where one is enough',
      {},
      'alice',
      false,
      { phase: 'Approved', approvedBy: 'alice', approvedAt: now.toISOString(), message: 'approved by alice' },
    ],
    ['by the first of two leaves it Pending', {}, 'alice', true, { phase: 'Pending', approvals: [{ by: 'alice' }] }],
    [
      'by the same person again counts once, with the time of the first',
      byAlice,
      'alice',
      true,
      { phase: 'Pending', approvals: [{ by: 'alice', at }] },
    ],
    [
      'by somebody else completes it, and both are named',
      byAlice,
      'bob',
      true,
      { phase: 'Approved', approvedBy: 'bob', message: 'approved by alice and bob' },
    ],
    [
      'by the first is enough when four eyes are not demanded any more',
      byAlice,
      'alice',
      false,
      { phase: 'Approved', approvedBy: 'alice', approvals: [{ by: 'alice', at }] },
    ],
    [
      'of what stands in a pull request says that it is merged',
      { pullRequest: { number: 12, url: 'https://github.com/acme/gitops/pull/12' } },
      'alice',
      false,
      {
        phase: 'Approved',
        message:
          'approved by alice; pull request #12 is merged as soon as its checks and the rules of its branch allow',
      },
    ],
    ['by a name with control characters cannot forge another line', {}, 'a\nb', false, { approvedBy: 'a b' }],
  ]
  test.each(rows)('%s', (_, before, by, fourEyes, after) => {
    expect(recordApproval(aRequest(before), { by, now, fourEyes })).toMatchObject(after)
  })

  test('says who is missing', () => {
    expect(recordApproval(aRequest(), { by: 'alice', now, fourEyes: true }).message).toBe(
      'approved by alice; waits for the approval of somebody else',
    )
    expect(waitingWords(aRequest({}, '2026-03-02T00:00:00Z'), true)).toBe(
      'waits for the approvals of two people through the API until 2026-03-02T00:00:00Z',
    )
    expect(waitingWords(aRequest(), false)).toBe('waits for an approval')
  })

  const final: [phase: UpdateRequestPhase, words: RegExp][] = [
    ['Approved', /is not Pending but Approved \(approved by alice at /],
    ['Rejected', /is not Pending but Rejected: because/],
    ['Completed', /Completed/],
    ['Failed', /Failed/],
    ['Expired', /Expired/],
    ['Superseded', /Superseded/],
  ]
  test.each(final)('and a rejection of what is %s are refused', (phase, words) => {
    const request = aRequest({
      phase,
      message: 'because',
      ...(phase === 'Approved' && { approvedBy: 'alice', approvedAt: at }),
    })
    const refusal = { code: 'NotPending', message: expect.stringMatching(words) }
    expect(() => recordApproval(request, { by: 'bob', now, fourEyes: true })).toThrow(expect.objectContaining(refusal))
    expect(() => recordRejection(request, { by: 'bob', now, reason: 'no' })).toThrow(expect.objectContaining(refusal))
  })

  test('comes too late once its time is over, also before anybody has written that down', () => {
    const request = aRequest({ phase: 'Pending' }, '2026-03-01T12:00:00Z')
    expect(() => recordApproval(request, { by: 'bob', now, fourEyes: false })).toThrow(
      /expired at 2026-03-01T12:00:00Z/,
    )
  })
})

test('a rejection is written down with who and why', () => {
  expect(recordRejection(aRequest(byAlice), { by: 'bob', now, reason: 'breaks\nthe shop' })).toEqual({
    phase: 'Rejected',
    rejectedBy: 'bob',
    rejectedAt: now.toISOString(),
    message: 'rejected by bob: breaks the shop',
  })
})

describe('approved is', () => {
  const rows: [what: string, status: UpdateRequestStatus, fourEyes: boolean, expected: boolean][] = [
    ['what the phase says', { phase: 'Approved' }, false, true],
    ['not what is Pending, however many approved', { phase: 'Pending', ...byBoth }, true, false],
    ['what two approved, with four eyes', { phase: 'Approved', ...byBoth }, true, true],
    ['not what one approved, with four eyes', { phase: 'Approved', ...byAlice }, true, false],
    ['not a patched phase, with four eyes: a patch names nobody', { phase: 'Approved' }, true, false],
    [
      'not what one approved twice, with four eyes',
      { phase: 'Approved', approvals: [...byAlice.approvals, ...byAlice.approvals] },
      true,
      false,
    ],
  ]
  test.each(rows)('%s', (_, status, fourEyes, expected) =>
    expect(isApproved(aRequest(status), fourEyes)).toBe(expected),
  )
})

import { describe, expect, test } from 'vitest'
import { approversOf, decideMerge, type MergeFacts, type WantedChange } from '../../../src/core/pull-request/merge.ts'

const now = new Date('2026-03-01T12:00:00Z')
const change: WantedChange = {
  id: 'a',
  requireApproval: false,
  isApproved: false,
  window: { isOpen: true },
  hasWindow: false,
}
const closedUntil = (opensAt?: Date): WantedChange => ({
  ...change,
  hasWindow: true,
  window: { isOpen: false, names: ['freeze'], opensAt },
})
const approval = { by: 'alice', state: 'approved', commit: 'head', mayWrite: true } as const
const none = { review: false, checks: false, queue: false, mergesItself: false }
const all = { review: true, checks: true, queue: false, mergesItself: true }
const green = { state: 'green', names: [] } as const

/** Facts that differ from a green pull request which is ready; `optional`: it needs no checks. */
type Given = Partial<Omit<MergeFacts, 'rules'>> & { automerge?: MergeFacts['rules']['automerge']; optional?: true }

function facts({ automerge = 'on-green', optional, ...given }: Given): MergeFacts {
  return {
    rules: { automerge, checks: optional === true ? 'optional' : 'required' },
    wanted: [change],
    fourEyes: false,
    ownAccounts: ['bot', 'author'],
    head: 'head',
    mergeability: 'ready',
    mergesItself: false,
    reviews: [],
    checks: green,
    demands: none,
    lastAnswer: undefined,
    refusesOrder: false,
    now,
    ...given,
  }
}

const merge = { kind: 'merge' }
const native = { kind: 'merge-when-ready' }
const waits = (reason: string, more: object = {}) => ({ kind: 'wait', reason, ...more })
const never = { automerge: 'never' } as const
const onApproval = { automerge: 'on-approval' } as const
const byApi = [{ ...change, requireApproval: true, isApproved: true }]
const demanding = [{ ...change, requireApproval: true }]
const later = { kind: 'later', words: 'not mergeable', forMs: 5_000 } as const
const ruledOut = { kind: 'ruled-out', words: 'a review is required', forMs: 600_000 } as const
const forbidden = { kind: 'forbidden', words: 'no squash here', forMs: 600_000 } as const

type Row = [says: string, given: Given, decision: object]

function table(title: string, rows: Row[]): void {
  describe(title, () => {
    test.each(rows)('%s', (_, given, decision) => expect(decideMerge(facts(given))).toMatchObject(decision))
  })
}

table('with automerge never', [
  ['people merge, whatever is green and approved', { ...never, reviews: [approval] }, waits('AwaitingMerge')],
  ['it looks again while the host computes', { ...never, mergeability: 'unknown' }, { untilMs: 30_000 }],
  ['what was approved through the API is merged', { ...never, wanted: byApi }, merge],
  ['of two changes both must be approved so', { ...never, wanted: [...byApi, change] }, waits('AwaitingMerge')],
  ['a pull request without changes is never approved', { ...never, wanted: [] }, waits('AwaitingMerge')],
  ['what people told the host to merge stays so', { ...never, mergesItself: true }, waits('AwaitingMerge')],
])

table('with automerge on-green', [
  ['green checks are enough', {}, merge],
  [
    'checks under way are waited for',
    { checks: { state: 'pending', names: ['ci'] } },
    waits('ChecksPending', { untilMs: 60_000 }),
  ],
  [
    'a failed check needs somebody',
    { checks: { state: 'failed', names: ['ci'] } },
    waits('ChecksFailed', { degraded: true }),
  ],
  ['no checks are not green', { checks: { state: 'none', names: [] } }, waits('ChecksPending')],
  ['no checks are green where they are optional', { checks: { state: 'none', names: [] }, optional: true }, merge],
  [
    'a failed check is none of the optional ones',
    { checks: { state: 'failed', names: ['ci'] }, optional: true },
    waits('ChecksFailed'),
  ],
  ['a demanded approval is waited for', { wanted: demanding }, waits('ReviewRequired', { untilMs: 60_000 })],
  ['a demanded approval may be a review', { wanted: demanding, reviews: [approval] }, merge],
  ['one change of two that demands it is enough', { wanted: [change, ...demanding] }, waits('ReviewRequired')],
  ['an approval through the API takes its place', { wanted: byApi }, merge],
  [
    'requested changes stop it',
    { reviews: [{ ...approval, state: 'changes-requested' }] },
    waits('ChangesRequested', { untilMs: 60_000 }),
  ],
  [
    'requested changes for an older head stop it, too',
    { reviews: [{ ...approval, state: 'changes-requested', commit: 'old' }] },
    waits('ChangesRequested'),
  ],
  [
    'requested changes stop an approval through the API',
    { wanted: byApi, reviews: [{ ...approval, state: 'changes-requested' }] },
    waits('ChangesRequested'),
  ],
  [
    'those of somebody who may not write stop nothing',
    { reviews: [{ ...approval, state: 'changes-requested', mayWrite: false }] },
    merge,
  ],
])

table('with automerge on-approval', [
  ['nothing is merged unapproved', onApproval, waits('ReviewRequired')],
  ['an approval of the head is enough', { ...onApproval, reviews: [approval] }, merge],
  [
    'an approval of an older head is none',
    { ...onApproval, reviews: [{ ...approval, commit: 'old' }] },
    waits('ReviewRequired'),
  ],
  [
    'an approval without write access is none',
    { ...onApproval, reviews: [{ ...approval, mayWrite: false }] },
    waits('ReviewRequired'),
  ],
  [
    'an approval by fairlead is none',
    { ...onApproval, reviews: [{ ...approval, by: 'bot' }] },
    waits('ReviewRequired'),
  ],
  [
    'an approval by the author is none',
    { ...onApproval, reviews: [{ ...approval, by: 'author' }] },
    waits('ReviewRequired'),
  ],
  ['a dismissed approval is not told, so it is none', { ...onApproval, reviews: [] }, waits('ReviewRequired')],
  [
    'its checks must be green, too',
    { ...onApproval, reviews: [approval], checks: { state: 'none', names: [] } },
    waits('ChecksPending'),
  ],
  ['an approval through the API is one', { ...onApproval, wanted: byApi }, merge],
  [
    'the objection of another stops it',
    { ...onApproval, reviews: [approval, { ...approval, by: 'bob', state: 'changes-requested' }] },
    waits('ChangesRequested'),
  ],
])

table('with four eyes', [
  [
    'one approval is not enough',
    { ...onApproval, fourEyes: true, reviews: [approval] },
    waits('ReviewRequired', {
      message: expect.stringContaining('approved by alice; waits for the review of somebody else'),
    }),
  ],
  [
    'two of one person are not enough',
    { ...onApproval, fourEyes: true, reviews: [approval, approval] },
    waits('ReviewRequired'),
  ],
  ['two persons are', { ...onApproval, fourEyes: true, reviews: [approval, { ...approval, by: 'bob' }] }, merge],
  ['the host is not trusted with it', { ...onApproval, fourEyes: true, demands: all }, waits('ReviewRequired')],
])

table('a window', [
  [
    'that is closed is waited for until it opens',
    { wanted: [closedUntil(new Date('2026-03-01T13:00:00Z'))] },
    waits('OutsideWindow', { untilMs: 3_600_000 }),
  ],
  [
    'that never opens is waited for without an end',
    { wanted: [closedUntil()] },
    { message: expect.stringContaining('no opening is in sight') },
  ],
  [
    'of two the later one counts',
    { wanted: [closedUntil(new Date('2026-03-01T13:00:00Z')), closedUntil(new Date('2026-03-01T14:00:00Z'))] },
    { untilMs: 7_200_000 },
  ],
  [
    'also holds what was approved through the API',
    { wanted: [{ ...closedUntil(), isApproved: true }] },
    waits('OutsideWindow'),
  ],
  [
    'keeps the host from merging by itself, also while it is open',
    { wanted: [{ ...change, hasWindow: true }], demands: all },
    merge,
  ],
  [
    'that came later takes the order back',
    { wanted: [{ ...change, hasWindow: true }], demands: all, mergesItself: true },
    { kind: 'stop-merging' },
  ],
  ['says nothing about merges by people', { ...never, wanted: [closedUntil()] }, waits('AwaitingMerge')],
])

table('the host merges by itself', [
  ['not what can be merged at once, for it takes no such order', { demands: all }, merge],
  [
    'where the branch demands checks, and green is promised',
    { demands: { ...all, review: false }, mergeability: 'blocked' },
    native,
  ],
  [
    'not where the branch demands no checks, and green is promised',
    { demands: { ...all, checks: false }, mergeability: 'blocked' },
    merge,
  ],
  [
    'where the branch demands review and checks, and both are promised',
    { ...onApproval, demands: all, mergeability: 'blocked' },
    native,
  ],
  [
    'not where the branch demands no review, and one is promised',
    { ...onApproval, demands: { ...all, review: false }, mergeability: 'blocked' },
    waits('ReviewRequired'),
  ],
  [
    'not where the branch demands no review, and a change does',
    { wanted: demanding, demands: { ...all, review: false }, mergeability: 'blocked' },
    waits('ReviewRequired'),
  ],
  [
    'not where the branch demands no checks, and they are required',
    { ...onApproval, demands: { ...all, checks: false }, mergeability: 'blocked' },
    waits('ReviewRequired'),
  ],
  [
    'where the branch demands a review, and checks are optional',
    { ...onApproval, optional: true, demands: { ...all, checks: false }, mergeability: 'blocked' },
    native,
  ],
  ['not where that is not allowed', { demands: { ...all, mergesItself: false }, mergeability: 'blocked' }, merge],
  [
    'not what was approved through the API, for it would wait for a review',
    { wanted: byApi, demands: all, mergeability: 'blocked' },
    merge,
  ],
  ['not what is behind its base, which it does not bring up to date', { demands: all, mergeability: 'behind' }, merge],
  [
    'and when it falls behind its base then, it is rendered anew',
    { demands: all, mergeability: 'behind', mergesItself: true },
    { kind: 'rewrite' },
  ],
  [
    'once; then it is waited for',
    { demands: all, mergeability: 'blocked', mergesItself: true },
    waits('AwaitingMerge'),
  ],
  [
    'no more when the branch demands less by now',
    { ...onApproval, demands: { ...all, review: false }, mergeability: 'blocked', mergesItself: true },
    { kind: 'stop-merging' },
  ],
  [
    'no more when somebody objects and the branch demands no review',
    {
      demands: { ...all, review: false },
      mergeability: 'blocked',
      mergesItself: true,
      reviews: [{ ...approval, state: 'changes-requested' }],
    },
    { kind: 'stop-merging' },
  ],
  [
    'still when somebody objects and the branch demands a review',
    {
      ...onApproval,
      demands: all,
      mergeability: 'blocked',
      mergesItself: true,
      reviews: [{ ...approval, state: 'changes-requested' }],
    },
    waits('AwaitingMerge'),
  ],
  [
    'not when it has refused to; then fairlead does',
    { demands: all, mergeability: 'blocked', refusesOrder: true },
    merge,
  ],
])

table('a merge queue', [
  ['gets what is green', { demands: { ...none, queue: true } }, native],
  ['does not get what is not approved', { ...onApproval, demands: { ...all, queue: true } }, waits('ReviewRequired')],
  [
    'does not get what is not green',
    { demands: { ...all, queue: true }, checks: { state: 'pending', names: ['ci'] } },
    waits('ChecksPending'),
  ],
  ['is waited for', { demands: { ...all, queue: true }, mergesItself: true }, waits('AwaitingMerge')],
])

table('when all is fulfilled', [
  ['a conflict needs somebody', { mergeability: 'conflict' }, waits('Conflict', { degraded: true })],
  ['a draft waits', { mergeability: 'draft' }, waits('Draft')],
  [
    'what the host still computes waits a few seconds',
    { mergeability: 'unknown' },
    waits('Computing', { untilMs: 5_000 }),
  ],
  ['what a rule blocks is tried', { mergeability: 'blocked' }, merge],
  ['what is behind its base is tried', { mergeability: 'behind' }, merge],
  ['"not now" is waited for as long as it counts', { lastAnswer: later }, waits('Computing', { untilMs: 5_000 })],
  [
    '"not now" becomes a conflict as soon as the host says so',
    { lastAnswer: later, mergeability: 'conflict' },
    waits('Conflict'),
  ],
  [
    'a refusal of what is blocked waits for reviews and checks',
    { lastAnswer: ruledOut, mergeability: 'blocked' },
    waits('BranchRules', { untilMs: 60_000 }),
  ],
  [
    'a refusal of what is ready needs somebody',
    { lastAnswer: ruledOut },
    waits('MergeForbidden', { degraded: true, untilMs: 600_000 }),
  ],
  [
    'a refusal of what is behind is answered by a newer base',
    { lastAnswer: ruledOut, mergeability: 'behind' },
    { kind: 'rewrite' },
  ],
  [
    'a method that is forbidden needs somebody, whatever blocks it',
    { lastAnswer: forbidden, mergeability: 'blocked' },
    waits('MergeForbidden', { degraded: true }),
  ],
])

test('approvals that count are told once for each person', () => {
  const reviews = [
    approval,
    { ...approval, by: 'bot' },
    { ...approval, by: 'bob' },
    approval,
    { ...approval, by: 'eve', mayWrite: false },
  ]
  expect(approversOf({ reviews, head: 'head', ownAccounts: ['bot'] })).toEqual(['alice', 'bob'])
})

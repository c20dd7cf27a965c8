import { describe, expect, test } from 'vitest'
import { decideProposal, type OpenProposal, type ProposalFacts } from '../../../src/core/pull-request/decide.ts'
import type { WantedChange } from '../../../src/core/pull-request/merge.ts'

const now = new Date('2026-03-01T12:00:00Z')
const change: WantedChange = {
  id: 'a',
  requireApproval: true,
  isApproved: false,
  window: { isOpen: true },
  hasWindow: false,
}
const open: OpenProposal = {
  head: 'h',
  mergeability: 'ready',
  mergesItself: false,
  isDraft: false,
  labels: [],
  title: 'title',
  body: 'body',
  wantedTitle: 'title',
  wantedBody: 'body',
  holds: ['a'],
  isForeign: false,
  isNew: false,
  isOnBase: true,
  isOurs: true,
  claim: { kind: 'unknown', forMs: 0 },
}

function facts(overrides: Partial<ProposalFacts> = {}): ProposalFacts {
  return {
    rules: {
      branchPrefix: 'fairlead/',
      labels: [],
      reviewers: [],
      teamReviewers: [],
      assignees: [],
      draft: false,
      automerge: 'never',
      checks: 'required',
      mergeMethod: 'merge',
      openLimit: 2,
      perHour: 2,
      group: 'none',
    },
    wanted: [change],
    held: [],
    suspended: false,
    open: undefined,
    hasLeftover: false,
    counts: { open: 0, lastHour: 0 },
    nextSlotMs: 60_000,
    merge: {
      fourEyes: false,
      ownAccounts: ['bot'],
      reviews: [],
      checks: { state: 'green', names: [] },
      demands: { review: false, checks: false, queue: false, mergesItself: false },
      lastAnswer: undefined,
      refusesOrder: false,
      now,
    },
    ...overrides,
  }
}

const held = [{ key: 'prod/x', reason: 'Held', message: 'held: freeze' }]

describe('what is done next about a proposal', () => {
  const rows: [title: string, facts: Partial<ProposalFacts>, expected: object][] = [
    ['is to open it, when a change is wanted and there is none', {}, { kind: 'open' }],
    ['is nothing, when nothing is wanted', { wanted: [] }, { kind: 'nothing' }],
    ['is nothing, while everything is suspended', { suspended: true }, { kind: 'nothing' }],
    ['is to delete the branch that a merged one left', { wanted: [], hasLeftover: true }, { kind: 'clean-up' }],
    ['is to wait, when too many are open', { counts: { open: 2, lastHour: 0 } }, { reason: 'PullRequestLimit' }],
    [
      'is to wait for the next hour, when too many were opened',
      { counts: { open: 0, lastHour: 2 } },
      { reason: 'PullRequestLimit', untilMs: 60_000 },
    ],
    ['is to wait for people, when it is as it should be', { open }, { kind: 'wait', reason: 'AwaitingMerge' }],
    ['is to ask for labels and reviewers, when it is new', { open: { ...open, isNew: true } }, { kind: 'address' }],
    ['is to render it anew, when it holds an older version', { open: { ...open, holds: ['o'] } }, { kind: 'rewrite' }],
    [
      'is to render it anew, when it conflicts with a base that has moved',
      { open: { ...open, mergeability: 'conflict', isOnBase: false } },
      { kind: 'rewrite' },
    ],
    [
      'is to edit it, when it says something else than wanted',
      { open: { ...open, wantedTitle: 'new' } },
      { kind: 'describe' },
    ],
    [
      'is to withdraw it, when all that it holds came to an end',
      { wanted: [], open: { ...open, claim: { kind: 'ended', message: 'policy gone', isRejection: false } } },
      { kind: 'withdraw', why: 'policy gone', isRejection: false },
    ],
    [
      'is to leave it for an hour, when nobody is known who asks for it',
      { wanted: [], open: { ...open, claim: { kind: 'unknown', forMs: 600_000 } } },
      { kind: 'wait', reason: 'Unclaimed', untilMs: 3_000_000 },
    ],
    [
      'is to withdraw it then',
      { wanted: [], open: { ...open, claim: { kind: 'unknown', forMs: 3_600_000 } } },
      { kind: 'withdraw', isRejection: false },
    ],
    [
      'is to leave it, when people closed it and opened it again',
      { wanted: [], open: { ...open, claim: { kind: 'reopened' } } },
      { kind: 'wait', reason: 'Reopened' },
    ],
    ['is to leave it, when all it holds is held', { wanted: [], held, open }, { kind: 'wait', reason: 'Held' }],
    [
      'is to keep hands off, when others committed to it',
      { open: { ...open, isForeign: true, holds: [] } },
      { kind: 'wait', reason: 'EditedByOthers' },
    ],
    [
      'is to take it over again, when the label asks for it',
      { open: { ...open, isForeign: true, labels: ['fairlead:rebase'] } },
      { kind: 'take-over' },
    ],
    [
      'is to stop, when the label says so, even with something else wanted',
      { open: { ...open, holds: ['o'], labels: ['fairlead:hold', 'fairlead:rebase'] } },
      { kind: 'wait', reason: 'HeldByLabel' },
    ],
    [
      'is to take back the host’s order to merge, when the label says stop',
      { open: { ...open, mergesItself: true, labels: ['fairlead:hold'] } },
      { kind: 'stop-merging' },
    ],
    [
      'is to take back the host’s order to merge, when everything is suspended',
      { suspended: true, open: { ...open, mergesItself: true } },
      { kind: 'stop-merging' },
    ],
    ['is to wait for a draft to be ready', { open: { ...open, isDraft: true } }, { kind: 'wait', reason: 'Draft' }],
    [
      'is to merge it, when it was approved through the API',
      { open, wanted: [{ ...change, isApproved: true }] },
      { kind: 'merge' },
    ],
  ]
  test.each(rows)('%s', (_, overrides, expected) => {
    expect(decideProposal(facts(overrides))).toMatchObject(expected)
  })
})

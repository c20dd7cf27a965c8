import { describe, expect, test } from 'vitest'
import { pullRequest } from '../../../src/config-repository-host.ts'
import { outcomeStatus } from '../../../src/core/pull-request/outcome-status.ts'
import { outcomeMarker, renderOutcome } from '../../../src/core/pull-request/outcome-text.ts'
import { durationWords, timeWords } from '../../../src/core/pull-request/outcome-words.ts'
import { decisionWords, revertCommand } from '../../../src/core/pull-request/rules-words.ts'
import type { OutcomePhase, WorkloadOutcome } from '../../../src/core/pull-request/workload-outcome.ts'

const workload = 'Deployment/prod/web'
const outcome = (state: OutcomePhase, overrides: Partial<WorkloadOutcome> = {}): WorkloadOutcome => ({
  workload,
  state,
  version: '1.4.2',
  ...overrides,
})

describe('the status of a commit', () => {
  const commit = 'ab'.repeat(20)
  const rows: [says: string, outcome: WorkloadOutcome, state: string, text: string][] = [
    ['waits', outcome('waiting'), 'pending', 'waiting until 1.4.2 is seen'],
    ['was seen', outcome('seen', { message: 'next in 5m' }), 'pending', '1.4.2 is seen, not applied yet: next in 5m'],
    ['was applied', outcome('applied'), 'pending', '1.4.2 is applied, its rollout not seen yet'],
    ['is on its way', outcome('rolling_out'), 'pending', 'rolling out 1.4.2'],
    ['is done', outcome('success', { durationMs: 61_000 }), 'success', '1.4.2 is rolled out after 1m 1s'],
    ['failed', outcome('failed', { message: 'OOMKilled' }), 'failure', '1.4.2 failed: OOMKilled'],
    [
      'was rolled back',
      outcome('failed', { durationMs: 900_000, rollback: { commit }, message: 'OOMKilled' }),
      'failure',
      '1.4.2 failed after 15m, rolled back by abababa (fairlead): OOMKilled',
    ],
    [
      'ran well until a person took it back',
      outcome('success', { durationMs: 61_000, rollback: { commit, by: 'alice\n@acme/all' } }),
      'success',
      '1.4.2 is rolled out after 1m 1s, rolled back by abababa (alice @ acme/all)',
    ],
    ['was overtaken', outcome('superseded'), 'pending', 'something newer took over before 1.4.2 was rolled out'],
    ['is not known', { workload, state: 'unknown' }, 'pending', 'nobody knows what became of the change'],
  ]
  test.each(rows)('says that it %s', (_, one, state, text) => {
    expect(outcomeStatus('eu', one)).toEqual({ name: 'fairlead/eu/prod/web', state, text })
  })

  test('has a text and a name that hosts take', () => {
    const long = outcomeStatus('eu', { ...outcome('failed', { message: 'x'.repeat(500) }), workload: longName('a') })
    expect(long.text).toHaveLength(140)
    expect(long.name).toHaveLength(255)
    expect(long.name).not.toBe(outcomeStatus('eu', { ...outcome('failed'), workload: longName('b') }).name)
  })
})

function longName(end: string): string {
  return `Deployment/${'n'.repeat(63)}/${'w'.repeat(252)}${end}`
}

describe('the comment about an outcome', () => {
  const template = '{{summary}}\n\n{{table}}\n\n{{causes}}'
  const first = (states: OutcomePhase[]) =>
    renderOutcome(template, { cluster: 'eu', outcomes: states.map((state) => outcome(state)) }).split('\n')[1]

  const rows: [states: OutcomePhase[], summary: string][] = [
    [['success'], 'Rolled out'],
    [['success', 'success'], 'Rolled out for all 2 workloads'],
    [['success', 'rolling_out'], 'Rolled out for 1 of 2 workloads'],
    [['failed'], 'The rollout failed'],
    [['failed', 'success'], 'The rollout failed for 1 of 2 workloads'],
    [['rolling_out', 'waiting'], 'Rolling out'],
    [['waiting', 'seen', 'unknown'], 'Merged, not rolled out yet'],
    [['superseded'], 'Superseded before it was rolled out'],
  ]
  test.each(rows)('of %j begins with %j', (states, summary) => expect(first(states)).toBe(summary))

  test('says which commit took it back, and who wanted that', () => {
    const [mine, theirs] = ['ab'.repeat(20), 'cd'.repeat(20)]
    const outcomes = [
      outcome('failed', { rollback: { commit: mine } }),
      outcome('success', { rollback: { commit: theirs, by: 'bob | `@acme/all`' } }),
      outcome('success'),
    ]
    const [, summary, , header, , ...rows] = renderOutcome(template, { cluster: 'eu', outcomes }).split('\n')
    expect(summary).toBe('The rollout failed for 1 of 3 workloads, and the change was rolled back')
    expect(header).toMatch(/ \| Rollback \|$/)
    expect(rows[0]).toContain(` | ${mine} by fairlead |`)
    expect(rows[1]).toContain(` | ${theirs} by \`bob ¦ '@ acme/all'\` |`)
    expect(rows[2]).toMatch(/ \| – \|$/)
  })

  test('begins with the mark of its cluster, which nothing can end', () => {
    const cluster = 'eu --> <b> é\ud800'
    const comment = renderOutcome(template, { cluster, outcomes: [outcome('success')] })
    expect(comment.startsWith(`${outcomeMarker(cluster)}\n`)).toBe(true)
    expect(outcomeMarker(cluster)).toMatch(/^<!-- fairlead-outcome: [^<> ]+ -->$/)
    expect(outcomeMarker('eu')).not.toBe(outcomeMarker('us'))
  })

  test('stays below what hosts take, however much there is to tell', () => {
    const outcomes = Array.from({ length: 500 }, () => ({
      ...outcome('failed', { message: 'y'.repeat(2000), rollback: { commit: 'ab'.repeat(20), by: 'z'.repeat(500) } }),
      workload: longName('a'),
    }))
    const comment = renderOutcome(template, { cluster: 'eu', outcomes })
    expect(comment.length).toBeLessThan(60_000)
    expect(comment).toContain('and 450 more workloads.')
    expect(comment).toContain('and 480 more messages')
  })
})

describe('words for people', () => {
  const durations: [ms: number | undefined, words: string][] = [
    [0, '0s'],
    [999, '0s'],
    [45_000, '45s'],
    [130_000, '2m 10s'],
    [900_000, '15m'],
    [3_900_000, '1h 5m'],
    [183_600_000, '2d 3h'],
    [undefined, '–'],
    [Number.NaN, '–'],
    [-1, '–'],
  ]
  test.each(durations)('%s ms are %j', (ms, words) => expect(durationWords(ms)).toBe(words))

  test('a time is told in UTC, and one that is none by a dash', () => {
    expect(timeWords(new Date('2026-11-21T13:03:45.678+01:00'))).toBe('2026-11-21 12:03:45')
    expect(timeWords(new Date('soon'))).toBe('–')
    expect(timeWords(undefined)).toBe('–')
  })

  const rules = (wanted: object) => pullRequest.parse(wanted)
  const decisions: [wanted: object, words: RegExp][] = [
    [{}, /^A person merges it/],
    [
      { automerge: 'on-green' },
      /^fairlead merges it .* checks .* are green \(a commit without any check is not\)\. Where/,
    ],
    [{ automerge: 'on-green', checks: 'optional' }, /\(a commit without any check is, too\)\. Where/],
    [{ automerge: 'on-approval' }, /may write to this repository, and did not open it, has approved .* are green/],
    [{ draft: true }, /^It is a draft until somebody says that it is ready\. A person/],
  ]
  test.each(decisions)('%j: %s', (wanted, words) => expect(decisionWords(rules(wanted), false)).toMatch(words))

  test('what was approved through the API waits for nobody', () => {
    expect(decisionWords(rules({ automerge: 'on-approval' }), true)).toMatch(
      /^It was approved through the API .* are green/,
    )
  })

  test('a merge commit is reverted along its first parent', () => {
    expect(revertCommand(rules({}))).toBe('git revert -m 1 <merge commit>')
    expect(revertCommand(rules({ mergeMethod: 'squash' }))).toBe('git revert <commit>')
  })
})

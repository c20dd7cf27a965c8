import { describe, expect, test } from 'vitest'
import { type AwaitedFacts, decideAwaited } from '../../../src/core/change/awaited.ts'
import type { UpdateHistoryEntry } from '../../../src/core/change/update-history.ts'
import type { WorkloadReport } from '../../../src/core/change/workload-report.ts'

const commit = 'c'.repeat(40)
const [old, next, newer] = ['1.0.0', '1.1.0', '1.2.0'].map((tag) => `ghcr.io/acme/web:${tag}`) as [
  string,
  string,
  string,
]

function entry(facts: Partial<UpdateHistoryEntry> = {}, workload = 'Deployment/prod/web'): UpdateHistoryEntry {
  return {
    ...{
      action: 'update',
      updateRequest: 'prod/abc',
      at: '2026-03-01T10:00:00Z',
      from: old,
      to: next,
      policy: 'minor',
      reason: 'selected',
    },
    ...{ phase: 'Completed', message: 'pushed', repository: 'r', branch: 'main', commit },
    workloads: [{ workload }],
    ...facts,
  }
}
const rolled = (phase: 'success' | 'failed' | 'superseded' | 'waiting') => ({
  workloads: [{ workload: 'Deployment/prod/web', phase, message: 'said so' }],
})

function runs(image: string, phase: WorkloadReport['phase'], name = 'web'): WorkloadReport {
  return {
    ...{ kind: 'Deployment', namespace: 'prod', name, version: '1', revision: 'r', recovered: false, waiting: [] },
    images: [{ container: 'web', image }],
    ...{ phase, reason: phase === 'failed' ? 'DeadlineExceeded' : 'Complete', message: 'words' },
  }
}

describe('who waits for an image', () => {
  const rows: [what: string, entries: UpdateHistoryEntry[], reports: WorkloadReport[], state: string, words: string][] =
    [
      ['waits for what nobody has heard of', [], [], 'waiting', 'no decision'],
      ['waits while it is to be approved', [entry({ phase: 'Pending' })], [runs(old, 'success')], 'waiting', 'Pending'],
      ['waits while the engine has not applied it', [entry()], [runs(old, 'success')], 'waiting', 'pushed'],
      [
        'says what keeps the engine from applying it',
        [entry({ notApplied: { reason: 'Suspended', message: 'resume it' } })],
        [runs(old, 'success')],
        'waiting',
        'pushed; Suspended: resume it',
      ],
      ['waits while it rolls out', [entry()], [runs(next, 'rolling_out')], 'waiting', 'words'],
      ['waits while nobody has looked', [entry()], [runs(next, 'unknown')], 'waiting', 'words'],
      ['is done when it runs', [entry()], [runs(next, 'success')], 'rolled_out', 'words'],
      ['is done when it runs without a decision of ours', [], [runs(next, 'success')], 'rolled_out', 'words'],
      ['fails with its rollout', [entry()], [runs(next, 'failed')], 'failed', 'DeadlineExceeded: words'],
      ['fails when it was rejected', [entry({ phase: 'Rejected' })], [runs(old, 'success')], 'failed', 'Rejected'],
      ['fails when it expired', [entry({ phase: 'Expired' })], [runs(old, 'success')], 'failed', 'Expired'],
      ['fails when it was put back', [entry(rolled('failed'))], [runs(old, 'success')], 'failed', 'said so'],
      ['fails when another took its place', [entry(rolled('superseded'))], [runs(newer, 'success')], 'failed', 'place'],
      ['fails when it ran and runs no more', [entry(rolled('success'))], [runs(newer, 'success')], 'failed', newer],
      ['is done with a release that has it', [entry(rolled('success'))], [], 'rolled_out', 'said so'],
      [
        'fails as soon as one of several does',
        [entry(), entry({}, 'Deployment/prod/api')],
        [runs(next, 'failed'), runs(next, 'rolling_out', 'api')],
        'failed',
        'Deployment/prod/web: ',
      ],
      [
        'waits for all of several',
        [entry(), entry({}, 'Deployment/prod/api')],
        [runs(next, 'success'), runs(next, 'rolling_out', 'api')],
        'waiting',
        'Deployment/prod/api: ',
      ],
      [
        'goes by the newest decision for a workload',
        [entry({ phase: 'Pending', at: '2026-03-01T11:00:00Z' }), entry({ phase: 'Rejected' })],
        [runs(old, 'success')],
        'waiting',
        'Pending',
      ],
    ]
  test.each(rows)('%s', (_, entries, reports, state, words) => {
    const outcome = decideAwaited({ target: { image: next }, entries, reports })
    expect([outcome.state, outcome.message]).toEqual([state, expect.stringContaining(words)])
  })
})

describe('who waits for a commit', () => {
  const wait = (facts: Partial<AwaitedFacts>) =>
    decideAwaited({ target: { commit }, entries: [], reports: [], ...facts }).state

  test('waits while no decision has it', () => expect(wait({ reports: [runs(next, 'success')] })).toBe('waiting'))

  test('is done when all its changes run', () => {
    const both = [entry(), entry({ to: newer }, 'Deployment/prod/api')]
    expect(wait({ entries: both, reports: [runs(next, 'success'), runs(newer, 'success', 'api')] })).toBe('rolled_out')
    expect(wait({ entries: both, reports: [runs(next, 'success'), runs(next, 'success', 'api')] })).toBe('waiting')
  })

  test('is done with a pinned image only when the digest runs', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const entries = [entry({ to: `${next}@${digest}`, digest })]
    expect(wait({ entries, reports: [runs(next, 'success')] })).toBe('waiting')
    expect(wait({ entries, reports: [runs(`${next}@${digest}`, 'success')] })).toBe('rolled_out')
  })
})

test('who names a workload waits for no other', () => {
  const workload = 'Deployment/prod/web'
  const reports = [runs(next, 'success'), runs(next, 'failed', 'api')]
  expect(decideAwaited({ target: { image: next }, workload, entries: [], reports })).toMatchObject({
    state: 'rolled_out',
    workloads: [{ workload, state: 'rolled_out' }],
  })
})

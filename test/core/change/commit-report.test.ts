import { describe, expect, test } from 'vitest'
import { type CommitWay, reportCommit } from '../../../src/core/change/commit-report.ts'
import type { SyncStateName } from '../../../src/core/sync/sync-state.ts'

const commit = 'c'.repeat(40)
const engine = (state: SyncStateName, isTried = false): CommitWay => ({
  kind: 'engine',
  isTried,
  sync: { engine: 'flux', object: 'Kustomization/flux-system/apps', state, reason: 'Why', message: 'so', revision: '' },
})
const applied = engine('applied', true)
const elsewhere: CommitWay = { kind: 'elsewhere', message: 'it comes from git.example.com/other@main' }
const unknown: CommitWay = { kind: 'unknown', message: 'nobody knows' }
const one = (
  workload: string,
  way: CommitWay,
  phase: 'rolling_out' | 'success' | 'failed' | 'unknown' = 'success',
) => ({
  workload,
  way,
  rollout: { phase, reason: 'NotSeenYet' as const, message: `is ${phase}` },
})

describe('a commit', () => {
  const rows: [what: string, all: ReturnType<typeof one>[], isNamed: boolean, state: string, message: RegExp][] = [
    [
      'is rolled out where it is applied and all pods are up',
      [one('web', applied)],
      true,
      'rolled_out',
      /^web: is success$/,
    ],
    [
      'is waited for while pods come up',
      [one('web', applied, 'rolling_out')],
      true,
      'waiting',
      /^web: is rolling_out$/,
    ],
    ['is waited for while nobody has looked', [one('web', applied, 'unknown')], true, 'waiting', /^web: is unknown$/],
    ['has failed with the rollout', [one('web', applied, 'failed')], true, 'failed', /NotSeenYet: is failed/],
    [
      'is not rolled out by an older success',
      [one('web', engine('pending'))],
      true,
      'waiting',
      /apps is pending: Why: so/,
    ],
    ['waits for a person', [one('web', engine('blocked', true))], true, 'waiting', /is blocked/],
    [
      'has failed where the engine has tried it',
      [one('web', engine('failed', true))],
      true,
      'failed',
      /is failed: Why/,
    ],
    [
      'is waited for where the engine failed before it',
      [one('web', engine('failed'))],
      true,
      'waiting',
      /is failed: Why/,
    ],
    [
      'never comes when something else took its place',
      [one('web', engine('superseded'))],
      true,
      'failed',
      /superseded/,
    ],
    ['never comes to a workload of another branch', [one('web', elsewhere)], true, 'failed', /other@main/],
    ['is waited for while nobody knows', [one('web', unknown)], true, 'waiting', /nobody knows/],
    [
      'comes to nothing that is watched',
      [one('web', elsewhere)],
      false,
      'failed',
      /is it pushed and merged\? \(e\.g\. web: /,
    ],
    ['comes nowhere where nothing is watched', [], false, 'failed', /no workload is watched/],
    [
      'leaves workloads of other branches out',
      [one('a', elsewhere), one('web', applied)],
      false,
      'rolled_out',
      /^web: /,
    ],
    ['has failed when one of all has', [one('a', applied), one('web', applied, 'failed')], false, 'failed', /^web: /],
    ['is waited for when one of all waits', [one('a', applied), one('web', unknown)], false, 'waiting', /^web: /],
    [
      'names five and counts the rest',
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => one(name, applied, 'rolling_out')),
      false,
      'waiting',
      /e: is rolling_out; and 2 more$/,
    ],
  ]
  test.each(rows)('%s', (_, all, isNamed, state, message) => {
    const report = reportCommit(commit, all, isNamed)
    expect(report).toMatchObject({ commit, state, message: expect.stringMatching(message) })
  })

  test('tells of every engine object once', () => {
    const { objects } = reportCommit(commit, [one('a', applied), one('b', applied), one('c', elsewhere)], false)
    expect(objects.map(({ object }) => object)).toEqual(['Kustomization/flux-system/apps'])
  })
})

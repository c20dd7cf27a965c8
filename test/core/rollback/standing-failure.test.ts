import { describe, expect, test } from 'vitest'
import { hasFailedWith, standsFailed, wantedTemplate } from '../../../src/core/rollback/standing-failure.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { failed } from './sample.ts'

describe('a workload stands failed', () => {
  const rows: [when: string, rollout: Partial<RolloutState> | undefined, isNoted: boolean, expected: boolean][] = [
    ['when its newest rollout has failed', {}, false, true],
    ['when that was noted before a restart', { phase: 'rolling_out', firstSight: true }, true, true],
    ['not when it is first seen and nothing was noted', { phase: 'rolling_out', firstSight: true }, false, false],
    ['not while the same image is tried again', { phase: 'rolling_out' }, true, false],
    ['not once it is well', { phase: 'success' }, true, false],
    ['not when it was put back in the cluster', { liveRevision: 'good' }, true, false],
    ['not before it was looked at', undefined, true, false],
  ]
  test.each(rows)('%s', (_, rollout, isNoted, expected) => {
    expect(standsFailed(rollout && { ...failed, ...rollout }, isNoted)).toBe(expected)
  })
})

describe('a claimed failure', () => {
  const claim = { from: 'web:1.1.0', rollout: failed, isTakenBack: false, noted: undefined }
  const rows: [when: string, runs: string | undefined, expected: boolean][] = [
    ['is about what runs', 'web:1.1.0', true],
    ['is not about another version', 'web:1.2.0', false],
    ['is not about a container that is gone', undefined, false],
  ]
  test.each(rows)('%s', (_, runs, expected) => expect(hasFailedWith({ ...claim, runs })).toBe(expected))

  const notes: [what: string, isTakenBack: boolean, isFailed: boolean, expected: boolean][] = [
    ['is about what Helm has put back, as it was noted', true, true, true],
    ['is not about what Helm has put back when nobody noted a failure', true, false, false],
    ['is not about what somebody else put back', false, true, false],
  ]
  test.each(notes)('%s', (_, isTakenBack, isFailed, expected) => {
    const noted = { isFailed, lastGood: 'good' }
    const rollout = { ...failed, phase: 'success', revision: 'good', liveRevision: 'good' } as const
    expect(hasFailedWith({ ...claim, runs: 'web:1.0.0', rollout, isTakenBack, noted })).toBe(expected)
  })
})

test('what was tracked tells better than what was noted which template ran well', () => {
  const noted = { isFailed: true, lastGood: 'older' }
  expect(wantedTemplate({ rollout: failed, noted })).toBe('good')
  expect(wantedTemplate({ rollout: undefined, noted })).toBe('older')
  expect(wantedTemplate({ rollout: undefined, noted: undefined })).toBeUndefined()
})

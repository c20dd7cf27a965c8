import { describe, expect, test } from 'vitest'
import {
  type ChartRollbackFacts,
  decideChartRollback,
  isLastGoodChart,
} from '../../../src/core/rollback/decide-chart.ts'
import type { ReleaseFailure } from '../../../src/core/sync/helm-failure.ts'

const failure: ReleaseFailure = {
  reason: 'UpgradeFailed',
  message: 'timed out',
  beganMs: 0,
  failedMs: 60_000,
  isTakenBack: false,
  isGivenUp: true,
}
const triesAgain = { ...failure, isGivenUp: false }
const good = { version: '6.5.4', configDigest: 'sha256:a' }
const failed = { version: '6.6.0', configDigest: 'sha256:a' }

function facts(changes: Partial<ChartRollbackFacts> = {}): ChartRollbackFacts {
  return {
    release: 'HelmRelease/prod/web',
    scope: 'own',
    from: 'podinfo:6.6.0',
    failure,
    history: { failed, good },
    own: { isFailed: true, message: 'UpgradeFailed: timed out' },
    earlier: undefined,
    older: ['podinfo:6.5.9', 'podinfo:6.5.4'],
    isRepeated: false,
    rolledBackBy: undefined,
    causes: [],
    failedForMs: 5_000,
    ...changes,
  }
}

const earlier = (phase: 'Pending' | 'Completed' | 'Rejected' | 'Superseded', isContained = true) => ({
  earlier: { name: 'UpdateRequest prod/x', phase, isContained },
})
const unschedulable = [{ reason: 'Unschedulable', words: 'Deployment/prod/web: no room' }]

describe('the version that ran well is put back', () => {
  const rows: [when: string, facts: ChartRollbackFacts][] = [
    ['when Helm gives up', facts()],
    ['when Helm has put it back in the cluster', facts({ failure: { ...triesAgain, isTakenBack: true } })],
    ['when Helm has failed and not been well for a minute', facts({ failure: triesAgain, failedForMs: 60_000 })],
    ['when Helm has failed more than once', facts({ failure: triesAgain, failedForMs: undefined })],
    ['for a human change, too, when any counts', facts({ scope: 'any', own: undefined })],
    ['when an earlier rollback was overtaken', facts(earlier('Superseded'))],
    [
      'when the chart is an OCI artifact, of which Helm names the digest',
      facts({
        history: {
          failed: { ...failed, version: '6.6.0+0123456789ab' },
          good: { ...good, version: '6.5.4+ba9876543210' },
        },
      }),
    ],
    ['when its pods crash', facts({ causes: [{ reason: 'CrashLoopBackOff', words: 'it crashes' }] })],
  ]
  test.each(rows)('%s', (_, known) => {
    expect(decideChartRollback(known)).toMatchObject({ kind: 'rollback', to: 'podinfo:6.5.4' })
  })
})

describe('nothing is put back', () => {
  const rows: [when: string, facts: ChartRollbackFacts, reason: string][] = [
    ['where it is off', facts({ scope: 'off' }), 'OptedOut'],
    ['when it is well after all', facts({ failure: undefined }), 'NotFailed'],
    ['before its request has noted the failure', facts({ own: { isFailed: false, message: '' } }), 'NotFailed'],
    ['when Git holds another version by now', facts({ from: 'podinfo:6.7.0' }), 'NotFailed'],
    [
      'when this very version was well, and something else fails',
      facts({ history: { failed, good: failed } }),
      'NotFailed',
    ],
    ['while nobody knows which version failed', facts({ history: { failed: undefined, good } }), 'NotFailed'],
    ['while a rollback waits', facts(earlier('Pending')), 'UnderWay'],
    ['while Git as read lacks the commit of the rollback', facts(earlier('Completed', false)), 'UnderWay'],
    ['when somebody put the bad version back after us', facts(earlier('Completed')), 'PutBackAgain'],
    ['when Git says that it was rolled back before', facts({ rolledBackBy: 'abc' }), 'PutBackAgain'],
    ['when somebody refused it', facts(earlier('Rejected')), 'Refused'],
    ['when a human brought it and only own counts', facts({ own: undefined }), 'NotOwn'],
    ['when a human brought it again and only own counts', facts({ isRepeated: true }), 'NotOwn'],
    ['when nothing was well before', facts({ history: { failed, good: undefined } }), 'LastSuccessUnknown'],
    ['when Git never held what was well', facts({ older: ['podinfo:6.5.9'] }), 'NothingBefore'],
    ['when Git held that version of another chart', facts({ older: ['other:6.5.4'] }), 'NothingBefore'],
    [
      'when its values differ from those that were well',
      facts({ history: { failed, good: { ...good, configDigest: 'sha256:b' } } }),
      'TemplateDiffers',
    ],
  ]
  test.each(rows)('%s', (_, known, reason) => {
    expect(decideChartRollback(known)).toMatchObject({ kind: 'none', reason })
  })
})

describe('it waits', () => {
  const rows: [when: string, facts: ChartRollbackFacts, reason: string, untilMs: number][] = [
    ['while Helm may try again', facts({ failure: triesAgain, failedForMs: 20_000 }), 'StillAdvancing', 40_000],
    ['while its pods find no room', facts({ causes: unschedulable }), 'ClusterCause', 60_000],
    [
      'when its pods found no room, as was noted',
      facts({ own: { isFailed: true, message: 'UpgradeFailed (Unschedulable): timed out' } }),
      'ClusterCause',
      60_000,
    ],
  ]
  test.each(rows)('%s', (_, known, reason, untilMs) => {
    expect(decideChartRollback(known)).toMatchObject({ kind: 'wait', reason, untilMs })
  })
})

test('only the version that was well with the same values is the last good one', () => {
  expect(isLastGoodChart('podinfo:6.5.4', { failed, good })).toBe(true)
  expect(isLastGoodChart('podinfo:6.5.9', { failed, good })).toBe(false)
  expect(isLastGoodChart('podinfo:6.5.4', { failed, good: { ...good, configDigest: 'sha256:b' } })).toBe(false)
  expect(isLastGoodChart('podinfo:6.5.4', { failed, good: undefined })).toBe(false)
})

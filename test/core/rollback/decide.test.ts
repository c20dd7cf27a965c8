import { describe, expect, test } from 'vitest'
import { decideRollback, type RollbackFacts } from '../../../src/core/rollback/decide.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { failed } from './sample.ts'

function facts(changes: Partial<RollbackFacts> = {}, rollout: Partial<RolloutState> = {}): RollbackFacts {
  return {
    workload: 'Deployment/prod/web',
    scope: 'own',
    rollout: { ...failed, ...rollout },
    isRunning: true,
    isTakenBack: false,
    value: 'web:1.1.0',
    own: { isFailed: true, message: 'it failed', lastGood: 'good' },
    earlier: undefined,
    older: [
      { image: 'web:1.0.1', revisions: ['worse'] },
      { image: 'web:1.0.0', revisions: ['other', 'good'] },
    ],
    isRepeated: false,
    rolledBackBy: undefined,
    cause: { reason: 'CrashLoopBackOff', words: 'it crashes' },
    isGivenUp: true,
    hasPods: true,
    unchangedMs: 0,
    stallMs: 60_000,
    ...changes,
  }
}

const earlier = (phase: 'Pending' | 'Completed' | 'Rejected' | 'Superseded', isContained = true) => ({
  earlier: { name: 'UpdateRequest prod/x', phase, isContained },
})

describe('the value that ran well is put back', () => {
  const rows: [when: string, facts: RollbackFacts][] = [
    ['when the newest version fails', facts()],
    ['for a human change, too, when any counts', facts({ scope: 'any', own: undefined })],
    ['after a restart, by what the request has noted', facts({}, { firstSight: true, phase: 'rolling_out' })],
    [
      'when only the request knows what ran well',
      facts({}, { firstSight: true, succeededRevision: undefined as never }),
    ],
    ['when our own clock ran out and nothing has moved since', facts({ isGivenUp: false, unchangedMs: 60_000 })],
    ['when Kubernetes gives up for an unknown reason', facts({ cause: { reason: undefined, words: '' } })],
    [
      'when our clock ran out for an unknown reason and its pods are there',
      facts({ cause: { reason: undefined, words: '' }, isGivenUp: false, unchangedMs: 60_000 }),
    ],
    [
      'when Helm has put it back in the cluster already',
      facts({ isRunning: false, isTakenBack: true }, { phase: 'success', revision: 'good', liveRevision: 'good' }),
    ],
    ['when an earlier rollback was overtaken', facts(earlier('Superseded'))],
  ]
  test.each(rows)('%s', (_, known) => {
    expect(decideRollback(known)).toMatchObject({ kind: 'rollback', to: 'web:1.0.0' })
  })
})

describe('nothing is put back', () => {
  const rows: [when: string, facts: RollbackFacts, reason: string][] = [
    ['where it is off', facts({ scope: 'off' }), 'OptedOut'],
    [
      'when Helm has put back what nobody saw fail',
      facts({ isRunning: false, isTakenBack: true, own: { ...facts().own, isFailed: false } as never }),
      'NotFailed',
    ],
    [
      'when Helm has put back what people brought, which may be about something older',
      facts({ isRunning: false, isTakenBack: true, own: undefined, scope: 'any' }),
      'NotFailed',
    ],
    ['when the template was put back in the cluster', facts({}, { reason: 'RevertedInCluster' }), 'RevertedInCluster'],
    ['while it rolls out', facts({ own: undefined, scope: 'any' }, { phase: 'rolling_out' }), 'NotFailed'],
    [
      'before its request has noted the failure',
      facts({ own: { ...facts().own, isFailed: false } as never }),
      'NotFailed',
    ],
    ['when it got well after all', facts({}, { phase: 'success' }), 'NotFailed'],
    ['while the image that failed once is tried again', facts({ scope: 'any' }, { phase: 'rolling_out' }), 'NotFailed'],
    ['before its rollout was looked at', { ...facts(), rollout: undefined }, 'NotFailed'],
    ['when Git holds something else by now', facts({ isRunning: false }), 'NotRunning'],
    ['while a rollback waits', facts(earlier('Pending')), 'UnderWay'],
    ['while Git as read lacks the commit of the rollback', facts(earlier('Completed', false)), 'UnderWay'],
    ['when somebody put the bad value back after us', facts(earlier('Completed')), 'PutBackAgain'],
    [
      'when Git says that the bad value was rolled back before, and nobody remembers the request',
      facts({ scope: 'any', own: undefined, isRepeated: true, rolledBackBy: 'abc' }),
      'PutBackAgain',
    ],
    ['when somebody refused it', facts(earlier('Rejected')), 'Refused'],
    ['when a human brought it and only own counts', facts({ own: undefined }), 'NotOwn'],
    ['when a human brought it again and only own counts', facts({ isRepeated: true }), 'NotOwn'],
    [
      'when it was under way at first sight and nobody requested it',
      facts({ scope: 'any', own: undefined }, { firstSight: true }),
      'FirstSight',
    ],
    [
      'when nobody knows what ran well',
      facts({ scope: 'any', own: undefined }, { succeededRevision: undefined as never }),
      'LastSuccessUnknown',
    ],
    [
      'when what ran well was put back and fails now',
      facts({ own: undefined }, { revision: 'good', liveRevision: 'good' }),
      'LastGoodFails',
    ],
    ['when Git held nothing before', facts({ older: [] }), 'NothingBefore'],
    [
      'when more differs than the image',
      facts({ older: [{ image: 'web:1.0.0', revisions: ['x'] }] }),
      'TemplateDiffers',
    ],
  ]
  test.each(rows)('%s', (_, known, reason) => {
    expect(decideRollback(known)).toMatchObject({ kind: 'none', reason })
  })
})

describe('it waits', () => {
  const rows: [when: string, facts: RollbackFacts, reason: string, untilMs: number][] = [
    ['while its pods may still come', facts({ isGivenUp: false, unchangedMs: 20_000 }), 'StillAdvancing', 40_000],
    [
      'while the cause is the cluster, also when Kubernetes gave up',
      facts({ cause: { reason: 'Unschedulable', words: 'no room' } }),
      'ClusterCause',
      60_000,
    ],
    [
      'while it has no pods and nobody knows why',
      facts({ cause: { reason: undefined, words: '' }, isGivenUp: false, unchangedMs: 60_000, hasPods: false }),
      'CauseUnknown',
      60_000,
    ],
  ]
  test.each(rows)('%s', (_, known, reason, untilMs) => {
    expect(decideRollback(known)).toMatchObject({ kind: 'wait', reason, untilMs })
  })
})

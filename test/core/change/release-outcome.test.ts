import { describe, expect, test } from 'vitest'
import type { UpdateRequest, WorkloadRollout } from '../../../src/api/update-request.ts'
import { decideFailedRelease } from '../../../src/core/change/release-outcome.ts'
import type { ReleaseFailure } from '../../../src/core/sync/helm-failure.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'

const failure: ReleaseFailure = {
  reason: 'UpgradeFailed',
  message: 'timed out',
  beganMs: Date.parse('2026-03-01T10:00:00Z'),
  failedMs: Date.parse('2026-03-01T10:05:00Z'),
  isTakenBack: false,
  isGivenUp: true,
}

function request(pushedAt: string | undefined, rollouts?: WorkloadRollout[]): UpdateRequest {
  const target = (name: string, container: string) => ({ kind: 'Deployment', namespace: 'prod', name, container })
  const pushed = { type: 'Pushed', status: 'True', reason: 'Pushed', message: '' } as const
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: 'a', namespace: 'prod' },
    spec: {
      targets: [target('jobs', 'app'), target('web', 'app'), target('web', 'init')],
      change: { repository: 'r', branch: 'main', path: 'a.yaml', keyPath: '0:tag', from: 'web:1.0.0', to: 'web:1.1.0' },
      policy: 'minor',
      reason: 'selected',
      requireApproval: false,
    },
    status: {
      ...(rollouts && { rollouts }),
      ...(pushedAt && { conditions: [{ ...pushed, lastTransitionTime: pushedAt }] }),
    },
  }
}

const nothing = () => undefined

test('a change has failed in every workload of a release that Helm could not make', () => {
  const rollouts = decideFailedRelease(request('2026-03-01T09:59:00Z'), failure, nothing)
  const failed = { phase: 'failed', message: 'UpgradeFailed: timed out', finishedAt: '2026-03-01T10:05:00Z' }
  expect(rollouts).toEqual([
    { workload: 'Deployment/prod/jobs', ...failed },
    { workload: 'Deployment/prod/web', ...failed },
  ])
})

test('where the pods of a workload say why, that is told, too', () => {
  const causes: Record<string, string> = {
    'Deployment/prod/web': 'ImagePullBackOff',
    'Deployment/prod/jobs': 'Unknown',
  }
  const stateOf = (key: string) => ({ cause: causes[key] }) as RolloutState
  const rollouts = decideFailedRelease(request('2026-03-01T09:59:00Z'), failure, stateOf)
  expect(rollouts?.map((one) => one.message)).toEqual([
    'UpgradeFailed: timed out',
    'UpgradeFailed (ImagePullBackOff): timed out',
  ])
})

test('what was final stays as it was', () => {
  const before: WorkloadRollout = { workload: 'Deployment/prod/web', phase: 'failed', message: 'the first attempt' }
  const rollouts = decideFailedRelease(request('2026-03-01T09:59:00Z', [before]), failure, nothing)
  expect(rollouts).toContain(before)
})

describe('nothing is said', () => {
  const rows: [when: string, pushedAt: string | undefined, failure: ReleaseFailure][] = [
    ['of a commit that is newer than the failure', '2026-03-01T10:05:01Z', failure],
    ['of a commit that came during an attempt whose end is unknown', '2026-03-01T10:00:01Z', unknownEnd()],
    ['of a change that is not on the branch', undefined, failure],
  ]
  test.each(rows)('%s', (_, pushedAt, known) => {
    expect(decideFailedRelease(request(pushedAt), known, nothing)).toBeUndefined()
  })

  function unknownEnd(): ReleaseFailure {
    return { ...failure, failedMs: undefined }
  }
})

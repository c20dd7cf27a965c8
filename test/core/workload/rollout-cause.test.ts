import { expect, it } from 'vitest'
import { needsCause, withCause } from '../../../src/core/workload/rollout-cause.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'

const rolling: RolloutState = {
  uid: 'u',
  revision: 'b',
  version: '1.1.0',
  phase: 'rolling_out',
  reason: 'Progressing',
  message: '0 of 1 replicas are updated',
  clock: 'running',
  elapsedMs: 500_000,
  deadlineMs: 900_000,
  recovered: false,
  firstSight: false,
  liveRevision: 'b',
  generation: 2,
  controllerRevision: '2',
  observedAt: '2026-03-01T10:00:00Z',
}
const failed: RolloutState = { ...rolling, phase: 'failed', reason: 'ProgressDeadlineExceeded', clock: 'stopped' }

it.each<[string, RolloutState | undefined, RolloutState, boolean]>([
  ['past half of the deadline', rolling, rolling, true],
  ['at half of the deadline exactly', rolling, { ...rolling, elapsedMs: 450_000 }, true],
  ['before half of the deadline', rolling, { ...rolling, elapsedMs: 449_999 }, false],
  ['while it is paused', rolling, { ...rolling, clock: 'stopped' }, false],
  ['when it fails', rolling, failed, true],
  ['when it is seen failed for the first time', undefined, failed, true],
  ['when the next revision fails at once, too', { ...failed, revision: 'a' }, failed, true],
  ['when it is another workload of the same name', { ...failed, uid: 'old' }, failed, true],
  ['when it had failed before', failed, failed, false],
  ['when it was reverted', rolling, { ...failed, liveRevision: 'a' }, false],
  ['when it has succeeded', rolling, { ...rolling, phase: 'success', clock: 'stopped' }, false],
])('pods are asked (or not) %s', (_, previous, state, expected) => {
  expect(needsCause(previous, state)).toBe(expected)
})

it('the cause stands behind what the workload itself says', () => {
  const cause = { reason: 'ImagePullBackOff', message: 'pod web-1: container web: ImagePullBackOff' }
  expect(withCause(failed, cause)).toEqual({
    ...failed,
    cause: 'ImagePullBackOff',
    message: '0 of 1 replicas are updated; pod web-1: container web: ImagePullBackOff',
  })
  expect(withCause({ ...failed, message: '' }, cause).message).toBe(cause.message)
  expect(withCause(failed, { reason: 'Unknown', message: '' })).toEqual({ ...failed, cause: 'Unknown' })
})

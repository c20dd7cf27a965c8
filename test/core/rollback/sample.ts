import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'

/** The rollout of `web:1.1.0`, which Kubernetes has given up; what ran before it was good. */
export const failed: RolloutState = {
  uid: '1',
  revision: 'bad',
  version: '1.1.0',
  succeededRevision: 'good',
  phase: 'failed',
  reason: 'ProgressDeadlineExceeded',
  message: 'has timed out progressing',
  clock: 'stopped',
  elapsedMs: 0,
  deadlineMs: 900_000,
  recovered: false,
  firstSight: false,
  liveRevision: 'bad',
  generation: 2,
  controllerRevision: '2',
  observedAt: '2026-03-01T12:00:00Z',
}

import { parseImageReference } from '../../core/image/reference.ts'
import type { RolloutState } from '../../core/workload/rollout-state.ts'
import { speakingImage, type Workload } from '../../core/workload/workload.ts'
import type { Family, Sample } from '../../runtime/series.ts'

const info: Family = {
  name: 'fairlead_workload_version_info',
  help: 'Always 1; which version of a workload runs.',
  type: 'gauge',
}
const phase: Family = {
  name: 'fairlead_rollout_phase',
  help: '1 for the phase the newest rollout of a workload is in, 0 for the others.',
  type: 'gauge',
}
const start: Family = {
  name: 'fairlead_rollout_start_timestamp_seconds',
  help: 'When the newest rollout was first seen.',
  type: 'gauge',
}
const end: Family = {
  name: 'fairlead_rollout_end_timestamp_seconds',
  help: 'When the newest rollout ended; absent while it is under way.',
  type: 'gauge',
}

const deadline: Family = {
  name: 'fairlead_rollout_deadline_timestamp_seconds',
  help: 'When the rollout under way fails unless it is done; absent while its clock stands still.',
  type: 'gauge',
}
const commit: Family = {
  name: 'fairlead_rollout_commit_timestamp_seconds',
  help: 'When the commit that put the images of a workload reached the branch; absent when it was none of ours.',
  type: 'gauge',
}
const apptrail: Family = {
  name: 'apptrail_app_version',
  help: 'Always 1; the version of a workload and the one before, as dashboards for AppTrail read them.',
  type: 'gauge',
}

const phases = ['rolling_out', 'success', 'failed'] as const

/** The series of one workload. Bounded labels only: no message, id or time. `pushedAtMs` is when its commit was pushed. */
export function workloadSamples(workload: Workload, state: RolloutState, pushedAtMs?: number): Sample[] {
  const labels = { namespace: workload.namespace, kind: workload.kind, name: workload.name }
  const image = imageLabels(speakingImage(workload.containers, workload.name) ?? '')
  const samples: Sample[] = [
    {
      family: info,
      labels: { ...labels, version: workload.version, ...image, revision: workload.revision },
      value: 1,
    },
    ...phases.map((name) => ({
      family: phase,
      labels: { ...labels, phase: name },
      value: state.phase === name ? 1 : 0,
    })),
  ]
  if (state.startedAt !== undefined) samples.push({ family: start, labels, value: seconds(state.startedAt) })
  if (state.finishedAt !== undefined) samples.push({ family: end, labels, value: seconds(state.finishedAt) })
  if (state.deadlineAt !== undefined) samples.push({ family: deadline, labels, value: seconds(state.deadlineAt) })
  if (pushedAtMs !== undefined) samples.push({ family: commit, labels, value: Math.floor(pushedAtMs / 1000) })
  samples.push({ family: apptrail, labels: apptrailLabels(workload, state), value: 1 })
  return samples
}

/** Names and labels: apptrail-sh/agent, without its `last_updated`, which is a time. */
function apptrailLabels({ namespace, kind, name }: Workload, state: RolloutState): Record<string, string> {
  return {
    namespace,
    workload: name,
    kind,
    previous_version: state.previousVersion ?? '',
    current_version: state.version,
  }
}

function imageLabels(image: string): { image: string; digest: string } {
  try {
    return { image, digest: parseImageReference(image).digest ?? '' }
  } catch {
    return { image, digest: '' }
  }
}

function seconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000)
}

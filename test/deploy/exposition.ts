import { workloadSamples } from '../../src/controllers/workload/series.ts'
import type { RolloutState } from '../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../src/core/workload/workload.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { deployment } from '../core/workload/sample.ts'

/** Everything that is exported, with one workload whose rollout has all its times. */
export async function exposition(): Promise<string> {
  const metrics = createMetrics('1')
  const workload = readWorkload(deployment({ status: { updatedReplicas: 1, conditions: [] } }))
  const state = trackRollout(undefined, workload, new Date(0), { elapsedMs: 0 })
  const ended: RolloutState = { ...state, finishedAt: '2026-03-01T10:00:00Z' }
  metrics.workloads.set('web', workloadSamples(workload, ended, 0))
  metrics.rollouts.inc({ namespace: 'prod', kind: 'Deployment', outcome: 'failed' })
  metrics.waiting.set('prod/one', { what: 'sync', sinceMs: 0 })
  metrics.gitOperations.inc({ repository: 'r', operation: 'push', result: 'ok' })
  metrics.watchSynced.set({ kind: 'Deployment' }, 1)
  let text = ''
  for await (const piece of metrics.render()) text += piece
  return text
}

/** Names of all families that are exported, and of the series they consist of. */
export async function exportedNames(): Promise<Set<string>> {
  const text = await exposition()
  const names = [/^((?:fairlead|apptrail)_\w+)/gm, /^# TYPE (\w+)/gm].flatMap((pattern) => [...text.matchAll(pattern)])
  const histograms = [...text.matchAll(/^# TYPE (\w+) histogram/gm)].map(([, name]) => `${name}_bucket`)
  return new Set([...names.map(([, name = '']) => name), ...histograms])
}

import { count, type Fields, field, fields, list, text } from './field.ts'

/** What the controller of Argo Rollouts says about one of its Rollouts. */
export interface RolloutHealth {
  phase: 'Healthy' | 'Degraded' | 'Progressing' | 'Paused'
  message: string
}

const phases = ['Healthy', 'Degraded', 'Progressing', 'Paused'] as const

/** Reasons of a condition for which a Rollout counts as degraded. */
const degraded: ReadonlySet<string> = new Set(['InvalidSpec', 'RolloutAborted', 'ProgressDeadlineExceeded'])

/**
 * How a Rollout that its controller has observed stands: the phase that it says itself since Argo Rollouts 1.0; for older
 * ones what makes that phase: conditions, pauses, replicas. Healthy means that the newest template is the stable one.
 * Source of the rules: argoproj/argo-cd, resource_customizations/argoproj.io/Rollout/health.lua.
 */
export function readRolloutHealth(spec: unknown, status: unknown): RolloutHealth {
  const said = phases.find((one) => one === text(status, 'phase'))
  const health = said === undefined ? olderHealth(spec, status) : says(said, text(status, 'message') ?? '')
  return health.phase === 'Healthy' && !isStable(status) ? says('Progressing', 'its steps are not over yet') : health
}

/** By which the controller counts what it has observed: a number as text, or a hash before 0.10, which says nothing. */
export function observedGeneration(status: unknown, generation: number): number | undefined {
  const said = text(status, 'observedGeneration')
  return count(status, 'observedGeneration') ?? (said === undefined ? undefined : Math.max(1, generation))
}

function olderHealth(spec: unknown, status: unknown): RolloutHealth {
  const bad = list(field(status, 'conditions')).find((one) => degraded.has(text(one, 'reason') ?? ''))
  if (bad !== undefined) return says('Degraded', text(bad, 'message') ?? '')
  const isPaused = field(spec, 'paused') === true || list(field(status, 'pauseConditions')).length > 0
  if (isPaused) return says('Paused', 'paused')
  if (text(status, 'currentPodHash') === undefined) return says('Progressing', 'nothing is known about its pods yet')
  const missing = missingReplicas(fields(spec), fields(status))
  if (missing !== undefined) return says('Progressing', missing)
  const active = text(field(status, 'blueGreen'), 'activeSelector')
  const isCutOver =
    field(field(spec, 'strategy'), 'blueGreen') === undefined || active === text(status, 'currentPodHash')
  return isCutOver ? says('Healthy', '') : says('Progressing', 'the active Service has not been switched yet')
}

function missingReplicas(spec: Fields, status: Fields): string | undefined {
  const [wanted, updated] = [count(spec, 'replicas') ?? 1, count(status, 'updatedReplicas') ?? 0]
  const [current, available] = [count(status, 'replicas') ?? 0, count(status, 'availableReplicas') ?? 0]
  if (updated < wanted) return `${updated} of ${wanted} replicas are updated`
  if (available < updated) return `${available} of ${updated} updated replicas are available`
  const isCanary = field(field(spec, 'strategy'), 'canary') !== undefined
  return isCanary && current > updated ? `${current - updated} old replicas are pending termination` : undefined
}

/** Its blue-green Rollouts had no stable template before 0.8. */
function isStable(status: unknown): boolean {
  const stable = text(status, 'stableRS') ?? text(field(status, 'canary'), 'stableRS') ?? ''
  const isUnknown = stable === '' && text(field(status, 'blueGreen'), 'activeSelector') !== undefined
  return isUnknown || stable === text(status, 'currentPodHash')
}

function says(phase: RolloutHealth['phase'], message: string): RolloutHealth {
  return { phase, message: message.slice(0, 1024) }
}

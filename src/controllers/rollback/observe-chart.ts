import { objectKey } from '../../api/kubernetes.ts'
import { chartContainer } from '../../api/update-request.ts'
import { matchedImage } from '../../core/manifest/trace-through.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import type { KnownCause } from '../../core/rollback/blame.ts'
import { type ChartFailureFacts, findChartObstacle } from '../../core/rollback/decide-chart.ts'
import { slotPast } from '../../core/rollback/past.ts'
import { mayRollBack, resolveRollback } from '../../core/rollback/settings.ts'
import type { ReleaseFailure } from '../../core/sync/helm-failure.ts'
import { type ChartHistory, chartHistory } from '../../core/sync/helm-history.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { type TracedSlot, traceSlots } from '../../delivery/trace/traced-slot.ts'
import type { Clock } from '../../ports.ts'
import { type ObserveDeps, type ObservedSlot, ownChange, standingOf } from './observe.ts'

export interface ObserveChartDeps extends ObserveDeps {
  /** By `Kind/namespace/name`, releases included. */
  workload: (key: string) => UpdateSubject | undefined
  /** The workloads that name this owner as theirs, by `Kind/namespace/name`. */
  ownedBy: (owner: string) => readonly Workload[]
  clock: Clock
}

/** A HelmRelease that Helm could not make with its chart, which ran well with another version. */
export interface FailedChart {
  subject: UpdateSubject
  failure: ReleaseFailure
  history: ChartHistory
}

/** Is there anything to put right about the chart of a release, by `Kind/namespace/name`? Undefined when there is not. */
export function failedChart(
  key: string,
  { engine, workload, ...defaults }: Pick<ObserveChartDeps, 'engine' | 'workload' | 'rules' | 'onFailure'>,
): FailedChart | undefined {
  const subject = workload(key)
  const isRelease = subject?.kind === 'HelmRelease' && subject.chart !== undefined
  const release = isRelease ? engine.helmRelease(`${subject.namespace}/${subject.name}`) : undefined
  if (subject === undefined || release?.failure === undefined) return undefined
  const history = chartHistory(release.object)
  if (history.failed === undefined || history.failed.version === history.good?.version) return undefined
  const image = subject.containers[0]?.image ?? ''
  if (!mayRollBack({ ...subject, container: chartContainer, image }, defaults)) return undefined
  return { subject, failure: release.failure, history }
}

/** Looks at the version of the chart in Git: who brought it, and what Git held there before. */
export async function observeChart(failed: FailedChart, deps: ObserveChartDeps): Promise<ObservedSlot[]> {
  const slots: ObservedSlot[] = []
  for (const slot of await traceSlots(failed.subject, deps)) slots.push(await observeVersion(slot, failed, deps))
  return slots
}

async function observeVersion(
  slot: TracedSlot<UpdateSubject>,
  { subject, failure, history }: FailedChart,
  deps: ObserveChartDeps,
): Promise<ObservedSlot> {
  const { image, trace, destination, siblings } = slot
  const release = objectKey(subject)
  const { own, earlier, about } = await standingOf(slot)
  const asked = { ...subject, container: chartContainer, image: matchedImage(trace.image, image) }
  const base: ChartFailureFacts = {
    ...{ release, from: trace.image, failure, history },
    scope: resolveRollback(asked, trace.declared, deps).scope,
    own: own && ownChange(own, release),
    earlier,
  }
  const seen = { trace, destination, siblings, about }
  const obstacle = findChartObstacle(base)
  if (obstacle !== undefined) return { ...seen, facts: obstacle }
  const { older, isRepeated, rolledBackBy } = slotPast(await deps.history({ ...slot, namespace: subject.namespace }))
  const { failedMs } = failure
  const failedForMs = failedMs === undefined ? undefined : deps.clock.now().getTime() - failedMs
  const causes = causesOf(release, deps)
  return { ...seen, facts: { ...base, older, isRepeated, rolledBackBy, causes, failedForMs } }
}

/** Why workloads that the release lists do not get on, as far as their pods say. */
function causesOf(release: string, { ownedBy, failedRelease, rollouts }: ObserveChartDeps): KnownCause[] {
  return ownedBy(release).flatMap((workload): KnownCause[] => {
    const state = failedRelease(workload) === undefined ? undefined : rollouts.get(objectKey(workload))?.state
    if (state?.phase !== 'failed') return []
    return [{ reason: state.cause, words: `${objectKey(workload)}: ${state.message}` }]
  })
}

import { type KubernetesObject, objectKey, workloadResources } from '../../api/kubernetes.ts'
import { isRollback, sequenceOf, type UpdateRequest } from '../../api/update-request.ts'
import { carriesImage } from '../../core/change/carried-image.ts'
import { type AppliedTrace, matchedImage } from '../../core/manifest/trace-through.ts'
import {
  type FailureFacts,
  findObstacle,
  type OlderValue,
  type OwnChange,
  type RollbackFacts,
} from '../../core/rollback/decide.ts'
import type { ChartRollbackFacts } from '../../core/rollback/decide-chart.ts'
import type { EarlierRollback, NoRollback } from '../../core/rollback/decision.ts'
import { type SlotPast, slotPast } from '../../core/rollback/past.ts'
import { revisionsWith } from '../../core/rollback/put-back.ts'
import { mayRollBack, type RollbackDefaults, resolveRollback } from '../../core/rollback/settings.ts'
import { standsFailed } from '../../core/rollback/standing-failure.ts'
import type { ReleaseFailure } from '../../core/sync/helm-failure.ts'
import { canaryProgress } from '../../core/workload/canary-progress.ts'
import { field } from '../../core/workload/field.ts'
import { isObserved } from '../../core/workload/phase.ts'
import { podCause } from '../../core/workload/pod-cause.ts'
import { isCounted } from '../../core/workload/progress.ts'
import { templateRevision } from '../../core/workload/revision.ts'
import { unknownCause } from '../../core/workload/rollout-cause.ts'
import type { RolloutState } from '../../core/workload/rollout-state.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { SlotHistory } from '../../delivery/choice/slot-history.ts'
import type { Destination } from '../../delivery/destination.ts'
import { type TracedSlot, type TraceSlotsDeps, traceSlots } from '../../delivery/trace/traced-slot.ts'
import { FairleadError } from '../../errors.ts'
import type { Cluster } from '../../ports.ts'
import type { RolloutStates } from '../../runtime/rollout-states.ts'
import type { StallWatch } from './stall.ts'

export interface ObserveDeps extends TraceSlotsDeps, RollbackDefaults {
  cluster: Pick<Cluster, 'get'>
  /** By `Kind/namespace/name`. */
  liveWorkload: (key: string) => Workload | undefined
  rollouts: Pick<RolloutStates, 'get'>
  /** How the release that a workload belongs to has failed. */
  failedRelease: (workload: Workload) => ReleaseFailure | undefined
  requests: TraceSlotsDeps['requests'] & {
    /** That have it as a target. */
    ofWorkload(key: string): readonly UpdateRequest[]
  }
  history: SlotHistory
}

/** One slot of a failed workload, or the chart of a release: all facts, or what stands in the way of looking further. */
export interface ObservedSlot {
  trace: AppliedTrace
  destination: Destination
  siblings: readonly UpdateRequest[]
  /** The request that is to tell what comes of it; undefined where there is none. */
  about: UpdateRequest | undefined
  facts: RollbackFacts | ChartRollbackFacts | NoRollback
}

/** Is there anything to put right about this workload? Cheap, for it is asked about every one of them. */
export function isFailing(workload: Workload, state: RolloutState, deps: ObserveDeps): boolean {
  // Nobody's manifest: it follows when its target is put back.
  if (workload.isPrimary === true) return false
  // What Helm has taken back runs well, and Git still holds what failed.
  const isTakenBack = deps.failedRelease(workload)?.isTakenBack === true
  const key = objectKey(workload)
  const isNoted = () => deps.requests.ofWorkload(key).some((one) => hasNotedFailure(one, key))
  // What was put back in the cluster alone is no failure to put right, and worth saying.
  const isFailed = isTakenBack ? isNoted() : standsFailed(state, state.firstSight && isNoted())
  if (state.reason !== 'RevertedInCluster' && !isFailed) return false
  return workload.containers.some(({ name: container, image }) => mayRollBack({ ...workload, container, image }, deps))
}

function hasNotedFailure({ status }: UpdateRequest, workload: string): boolean {
  return status?.rollouts?.some((one) => one.workload === workload && one.phase === 'failed') === true
}

/** Looks at every slot of a failed workload: who brought what Git holds there, and what it held before. */
export async function observeSlots(
  workload: Workload,
  state: RolloutState,
  deps: ObserveDeps & { stall: StallWatch },
): Promise<ObservedSlot[]> {
  const slots: ObservedSlot[] = []
  for (const slot of await traceSlots(workload, deps)) slots.push(await observeSlot(slot, state, deps))
  return slots
}

async function observeSlot(
  slot: TracedSlot,
  state: RolloutState,
  deps: ObserveDeps & { stall: StallWatch },
): Promise<ObservedSlot> {
  const { workload, containers, image, trace, destination, siblings } = slot
  const subject = { ...workload, container: containers[0] ?? '', image: matchedImage(trace.image, image) }
  const { scope } = resolveRollback(subject, trace.declared, deps)
  const key = objectKey(workload)
  const { own, earlier, about } = await standingOf(slot)
  const release = deps.failedRelease(workload)
  const isRunning = carriesImage(image, { to: trace.image })
  const base: FailureFacts = {
    workload: key,
    scope,
    rollout: state,
    isRunning,
    isTakenBack: release?.isTakenBack === true && !isRunning,
    value: trace.image,
    own: own && ownChange(own, key),
    earlier,
  }
  const seen = { trace, destination, siblings, about }
  const obstacle = findObstacle(base)
  if (obstacle !== undefined) return { ...seen, facts: obstacle }
  const noted = base.own?.message ?? ''
  return {
    ...seen,
    facts: { ...base, ...(await readPast(slot, deps)), ...circumstances(slot, { state, noted, release }, deps) },
  }
}

/** The requests that have to do with the present value of a slot. */
interface Standing {
  /** That brought it. */
  own: UpdateRequest | undefined
  /** That was to lead away from it. */
  earlier: EarlierRollback | undefined
  about: UpdateRequest | undefined
}

export async function standingOf({
  trace,
  destination,
  siblings,
}: Pick<TracedSlot, 'trace' | 'destination' | 'siblings'>): Promise<Standing> {
  const newestFirst = siblings.toSorted((a, b) => sequenceOf(b) - sequenceOf(a))
  const own = newestFirst.find((one) => isOwn(one, trace.image))
  const away = newestFirst.find((one) => isRollback(one) && one.spec.change.from === trace.image)
  const earlier = away && (await earlierRollback(away, { trace, destination }))
  return { own, earlier, about: away ?? own }
}

/** Delivered by us, or merged for us, and not itself a way back. */
export function isOwn(request: UpdateRequest, value: string): boolean {
  return !isRollback(request) && request.status?.phase === 'Completed' && request.spec.change.to === value
}

/** What the request that brought a value knows about one of its workloads. */
export function ownChange(request: UpdateRequest, workload: string): OwnChange {
  const { status } = request
  return {
    isFailed: hasNotedFailure(request, workload),
    message: status?.rollouts?.find((one) => one.workload === workload)?.message ?? '',
    lastGood: status?.lastGood?.find((one) => one.workload === workload)?.revision,
  }
}

async function earlierRollback(
  { metadata, status }: UpdateRequest,
  { trace, destination }: { trace: AppliedTrace; destination: Destination },
): Promise<EarlierRollback> {
  const { phase = 'Pending', commit } = status ?? {}
  const head = trace.branch.snapshot.revision
  const isContained = commit !== undefined && (await destination.repository.git.ancestry(commit, head)) === 'yes'
  return { name: `UpdateRequest ${metadata.namespace}/${metadata.name}`, phase, isContained }
}

/** What Git held before, with the revision that the live template would have with it. */
export async function readPast(
  { workload, containers, trace, destination }: TracedSlot,
  { cluster, history }: Pick<ObserveDeps, 'cluster' | 'history'>,
): Promise<Pick<RollbackFacts, 'older' | 'isRepeated' | 'rolledBackBy'> & Pick<SlotPast, 'takenBack'>> {
  const { older, ...past } = slotPast(await history({ trace, destination, namespace: workload.namespace }))
  const template = field((await readLive(workload, cluster)).spec, 'template')
  const withRevisions = older.map((to): OlderValue => {
    return { image: to, revisions: revisionsWith(template, { containers, from: trace.image, to }) }
  })
  return { ...past, older: withRevisions }
}

/** The whole object, of which only a part is kept; `ApiConflict` when it is not the one that was looked at any more. */
export async function readLive(workload: Workload, cluster: Pick<Cluster, 'get'>): Promise<KubernetesObject> {
  const resource = workloadResources.find(({ kind }) => kind === workload.kind)
  const live = resource && (await cluster.get(resource, workload.namespace, workload.name))
  if (live !== undefined && templateRevision(field(live.spec, 'template')) === workload.revision) return live
  throw new FairleadError('ApiConflict', `${objectKey(workload)} has just changed; it is looked at again`)
}

/** By Argo Rollouts or by Flagger, which has put its traffic back. */
function isGivenUpByController(workload: Workload, { reason, startedAt }: RolloutState): boolean {
  if (workload.health?.phase === 'Degraded' || reason === 'CanaryFailed') return true
  return isCounted(workload) && canaryProgress(workload, Date.parse(startedAt ?? ''))?.failed === true
}

/** `noted` is what the request knows about it, where nobody has seen it fail since. */
function circumstances(
  { workload }: TracedSlot,
  { state, noted, release }: { state: RolloutState; noted: string; release: ReleaseFailure | undefined },
  { stall }: { stall: StallWatch },
) {
  const progressing = workload.conditions.find(({ type }) => type === 'Progressing')
  const isExceeded = isObserved(workload) && progressing?.reason === 'ProgressDeadlineExceeded'
  const said = state.phase === 'failed' ? `${state.reason}: ${state.message}` : noted
  const refused = podCause(workload, [])
  const isTold = refused === undefined || said.includes(refused.message)
  return {
    cause: {
      reason: state.cause === unknownCause ? refused?.reason : (state.cause ?? refused?.reason),
      words: isTold ? said : `${said}; ${refused.message}`,
    },
    isGivenUp: isExceeded || release?.isGivenUp === true || isGivenUpByController(workload, state),
    hasPods: workload.counters.updated > 0,
    ...stall.look(workload, state.deadlineMs),
  }
}

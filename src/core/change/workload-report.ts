import { annotationPrefix } from '../../api/annotation.ts'
import { rfc3339 } from '../../api/condition.ts'
import { finalPhases, rollbackCondition, type UpdateRequest } from '../../api/update-request.ts'
import { withRemedy } from '../rollback/explain.ts'
import type { PhaseName } from '../workload/phase.ts'
import type { RolloutReason, RolloutState } from '../workload/rollout-state.ts'
import type { Workload } from '../workload/workload.ts'
import { carrierOf, pushedAtMs } from './carrier.ts'
import { isCredible } from './claim.ts'
import { knownFacts } from './known-facts.ts'
import { conditionOf, isApplied, isRolledOut, notApplied } from './rolled-out.ts'

/** A watched workload for people: what runs, in which phase, since when, from which commit, and what is to come. */
export interface WorkloadReport {
  kind: string
  namespace: string
  name: string
  /** Empty when it has no container. */
  version: string
  previousVersion?: string
  images: { container: string; image: string }[]
  revision: string
  /** `unknown` until somebody has looked at it. */
  phase: PhaseName | 'unknown'
  reason: RolloutReason | 'NotSeenYet'
  message: string
  /** RFC 3339: when the phase began; absent when nobody saw it begin. */
  since?: string
  startedAt?: string
  finishedAt?: string
  /** When the rollout fails unless it is done or paused. */
  deadlineAt?: string
  /** It had failed before it was a success. */
  recovered: boolean
  /** The commit that put what runs; absent when it was none that fairlead knows. */
  commit?: string
  /** `namespace/name` of the UpdateRequest that asked for that commit. */
  updateRequest?: string
  /** Why nothing is changed, as the live object says; of single containers with their names. */
  hold?: string
  /** Why what failed is not put back; absent when it is, and while the request that brought it does not say. */
  notPutBack?: { reason: string; message: string }
  /** Decisions that have not reached it yet, newest first; at most 20. */
  waiting: WaitingUpdate[]
}

/** A decision on its way to a workload, and what holds it up. */
export interface WaitingUpdate {
  /** `namespace/name` */
  updateRequest: string
  to: string
  phase: 'Pending' | 'Approved' | 'Completed'
  reason: string
  message: string
  /** RFC 3339: when it was decided, or when its commit reached the branch. */
  since?: string
}

/** A workload as it is now, its newest rollout as far as it was looked at, and every request that names it. */
export interface WorkloadFacts {
  workload: Workload
  state: RolloutState | undefined
  requests: readonly UpdateRequest[]
}

const waitingLimit = 20

/** What there is to say about one workload. Requests that nobody has to believe have no say. */
export function reportWorkload({ workload, state, requests }: WorkloadFacts): WorkloadReport {
  const { kind, namespace, name, version, revision, containers } = workload
  const credible = requests.filter((request) => isCredible(request, namespace))
  const carrier = carrierOf(workload, credible)
  const standing = standingOf(workload, state)
  return {
    ...{ kind, namespace, name, version },
    ...knownFacts({ previousVersion: state?.previousVersion }),
    images: containers.map(({ name: container, image }) => ({ container, image })),
    revision,
    ...standing,
    ...knownFacts({ commit: carrier?.status?.commit, updateRequest: carrier && requestName(carrier) }),
    ...knownFacts({
      hold: holdOf(workload),
      notPutBack: standing.phase === 'failed' ? obstacleOf(carrier) : undefined,
    }),
    waiting: credible.flatMap(waitingUpdate).sort(newestFirst).slice(0, waitingLimit),
  }
}

/** As the one that decides about rollbacks has noted it. */
function obstacleOf(carrier: UpdateRequest | undefined): WorkloadReport['notPutBack'] {
  const noted = carrier && conditionOf(carrier, rollbackCondition)
  return noted?.status === 'False' ? { reason: noted.reason, message: withRemedy(noted) } : undefined
}

function holdOf({ annotations, containers }: Workload): string | undefined {
  const key = `${annotationPrefix}hold`
  const all = annotations[key]
  if (all !== undefined) return all.trim()
  const single = containers.flatMap(({ name }) => {
    const one = annotations[`${key}.${name}`]
    return one === undefined ? [] : [`${name}: ${one.trim()}`]
  })
  return single.length === 0 ? undefined : single.join('; ')
}

type Standing = Pick<WorkloadReport, 'phase' | 'reason' | 'message' | 'recovered'> &
  Partial<Pick<WorkloadReport, 'since' | 'startedAt' | 'finishedAt' | 'deadlineAt'>>

/** How the rollout of the present template stands; a state of an older one says nothing about it. */
export function standingOf(workload: Pick<Workload, 'revision'>, state: RolloutState | undefined): Standing {
  if (state === undefined) {
    return { phase: 'unknown', reason: 'NotSeenYet', message: 'nobody has looked at it yet', recovered: false }
  }
  if (state.liveRevision !== workload.revision) {
    const message = 'it has a new template, which its controller has not taken up yet'
    return { phase: 'rolling_out', reason: 'Unobserved', message, recovered: false }
  }
  const { phase, reason, message, startedAt, finishedAt, deadlineAt, recovered } = state
  const since = phase === 'rolling_out' ? startedAt : finishedAt
  return { phase, reason, message, recovered, ...knownFacts({ since, startedAt, finishedAt, deadlineAt }) }
}

/** Nothing for a request that has come to its end, or whose commit was applied or replaced. */
function waitingUpdate(request: UpdateRequest): WaitingUpdate[] {
  const phase = request.status?.phase ?? 'Pending'
  const isDelivered = phase === 'Completed'
  if (isDelivered ? isApplied(request) || isRolledOut(request) : finalPhases.includes(phase)) return []
  const progress = notApplied(request) ?? conditionOf(request, 'Progressing')
  const pushedMs = isDelivered ? pushedAtMs(request) : undefined
  const since = pushedMs === undefined ? request.metadata.creationTimestamp : rfc3339(new Date(pushedMs))
  const words = { reason: progress?.reason ?? phase, message: progress?.message ?? request.status?.message ?? '' }
  return [
    {
      updateRequest: requestName(request),
      to: request.spec.change.to,
      phase: phase as WaitingUpdate['phase'],
      ...words,
      ...knownFacts({ since }),
    },
  ]
}

function newestFirst(one: WaitingUpdate, other: WaitingUpdate): number {
  const key = ({ since = '', updateRequest }: WaitingUpdate) => `${since} ${updateRequest}`
  return key(one) < key(other) ? 1 : -1
}

function requestName({ metadata }: UpdateRequest): string {
  return `${metadata.namespace}/${metadata.name}`
}

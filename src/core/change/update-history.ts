import { rfc3339 } from '../../api/condition.ts'
import { objectKey } from '../../api/kubernetes.ts'
import {
  type RequestAction,
  sequenceOf,
  type UpdateRequest,
  type UpdateRequestPhase,
  type WorkloadRollout,
} from '../../api/update-request.ts'
import { carriesImage } from './carried-image.ts'
import { pushedAtMs } from './carrier.ts'
import { knownFacts } from './known-facts.ts'
import { isRolledOut, notApplied } from './rolled-out.ts'

/** One decision, with who had a say in it and what became of it. */
export interface UpdateHistoryEntry {
  /** `namespace/name` */
  updateRequest: string
  /** RFC 3339: when it was decided; empty when it does not say. */
  at: string
  action: RequestAction
  /** Who asked for a rollback; absent when it was fairlead itself, and of updates. */
  requestedBy?: string
  from: string
  to: string
  digest?: string
  policy: string
  reason: string
  phase: UpdateRequestPhase
  message: string
  repository: string
  branch: string
  commit?: string
  /** RFC 3339: when the branch had it. */
  pushedAt?: string
  pullRequest?: { number: number; url: string }
  approvedBy?: string
  approvedAt?: string
  rejectedBy?: string
  rejectedAt?: string
  /** Why the engine has not applied its commit; absent when it has, when it never will, and before anybody has looked. */
  notApplied?: { reason: string; message: string }
  /** Every workload that it is about; without a phase as long as the engine has not applied it. */
  workloads: (Pick<WorkloadRollout, 'workload'> & Partial<WorkloadRollout>)[]
}

/** Which decisions are asked for; what is absent does not matter. */
export interface HistoryQuestion {
  /** Of a target; workloads of other namespaces are then not shown either. */
  namespace?: string
  /** `Kind/namespace/name` of a target. */
  workload?: string
  /** All 40 digits. */
  commit?: string
  /** Reference of the new image, or chart and version. */
  image?: string
}

/** Is a request what the question asks for? */
export function isAskedFor({ spec, status }: UpdateRequest, question: HistoryQuestion): boolean {
  const { namespace, workload, commit, image } = question
  return (
    (namespace === undefined || spec.targets.some((one) => one.namespace === namespace)) &&
    (workload === undefined || spec.targets.some((one) => objectKey(one) === workload)) &&
    (commit === undefined || status?.commit === commit) &&
    (image === undefined || isAbout(image, spec.change))
  )
}

/** The entry of a request; workloads that the question leaves out are not in it. */
export function historyEntry(request: UpdateRequest, question: HistoryQuestion = {}): UpdateHistoryEntry {
  const { metadata, spec, status = {} } = request
  const { from, to, digest, repository, branch } = spec.change
  const pushedMs = pushedAtMs(request)
  const { commit, pullRequest, approvedBy, approvedAt, rejectedBy, rejectedAt } = status
  const pushedAt = pushedMs === undefined ? undefined : rfc3339(new Date(pushedMs))
  return {
    updateRequest: `${metadata.namespace}/${metadata.name}`,
    at: metadata.creationTimestamp ?? '',
    action: spec.action ?? 'update',
    ...{ from, to, policy: spec.policy, reason: spec.reason },
    phase: status.phase ?? 'Pending',
    message: status.message ?? '',
    ...{ repository, branch },
    ...knownFacts({
      requestedBy: spec.requestedBy,
      digest,
      commit,
      pushedAt,
      pullRequest,
      approvedBy,
      approvedAt,
      rejectedBy,
      rejectedAt,
      notApplied: isRolledOut(request) ? undefined : notApplied(request),
    }),
    workloads: workloadsOf(request, question),
  }
}

/** Sorts what was decided last to the end. Creation times have whole seconds, so the sequence of a slot decides next. */
export function historyKey(request: UpdateRequest): string {
  const { metadata } = request
  const sequence = String(sequenceOf(request)).padStart(10, '0')
  return `${metadata.creationTimestamp ?? ''} ${sequence} ${metadata.namespace}/${metadata.name}`
}

function workloadsOf({ spec, status }: UpdateRequest, { namespace, workload }: HistoryQuestion) {
  const rollouts = new Map((status?.rollouts ?? []).map((one) => [one.workload, one]))
  const asked = spec.targets.filter((one) => namespace === undefined || one.namespace === namespace)
  return [...new Set(asked.map(objectKey))]
    .filter((key) => workload === undefined || key === workload)
    .map((key) => rollouts.get(key) ?? { workload: key })
}

/** The digest may stand on either side, or on both. */
function isAbout(image: string, change: UpdateRequest['spec']['change']): boolean {
  return carriesImage(change.to, { to: image }) || carriesImage(image, change)
}

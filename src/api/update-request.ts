import type { Condition } from './condition.ts'
import type { KubernetesObject, ObjectMeta } from './kubernetes.ts'

/**
 * UpdateRequest (`fur`): one decision to change one image slot in Git. Every decision is one, also when nobody has to
 * approve it. The name is the target id plus a short hash of the new reference, so the same decision is the same object.
 */
export interface UpdateRequest extends KubernetesObject {
  apiVersion: 'fairlead.dev/v1alpha1'
  kind: 'UpdateRequest'
  metadata: ObjectMeta
  spec: UpdateRequestSpec
  status?: UpdateRequestStatus
}

/** Label with the id of the image slot that a request is about. */
export const targetLabel = 'fairlead.dev/target'

/** The slot that a request is about; empty when it does not say. */
export function targetOf({ metadata }: UpdateRequest): string {
  return metadata.labels?.[targetLabel] ?? ''
}

/**
 * Counts the decisions about one slot: the higher one is the newer. Creation times have whole seconds and follow
 * clocks that can jump, so they cannot tell.
 */
export const sequenceAnnotation = 'fairlead.dev/sequence'

/** One a second for thirty years; whatever claims more is nobody's count. */
const maxSequence = 1_000_000_000

/** Place of a request among those for its slot; 0 when it does not say. */
export function sequenceOf({ metadata }: UpdateRequest): number {
  const sequence = Number(metadata.annotations?.[sequenceAnnotation])
  return Number.isSafeInteger(sequence) && sequence > 0 && sequence < maxSequence ? sequence : 0
}

export interface UpdateTarget {
  kind: string
  namespace: string
  name: string
  /** Of a HelmRelease or an Application `chart`: what changes is the version of its chart. */
  container: string
}

/** Stands for a container where the version of a chart is what changes. */
export const chartContainer = 'chart'

/** Kinds whose charts are changed; their images are those of their workloads. */
export const chartKinds: readonly string[] = ['HelmRelease', 'Application']

/** Whether a request changes the version of a chart, and no image. */
export function isAboutChart({ spec }: UpdateRequest): boolean {
  return spec.targets.some(({ kind, container }) => container === chartContainer && chartKinds.includes(kind))
}

/** The condition of a delivered change that tells whether it is taken back, once it has failed. */
export const rollbackCondition = 'Rollback'

/** What a decision does: takes something newer, or puts back what ran before. */
export const requestActions = ['update', 'rollback'] as const

export type RequestAction = (typeof requestActions)[number]

/** Whether a request puts back what ran before. */
export function isRollback({ spec }: Pick<UpdateRequest, 'spec'>): boolean {
  return spec.action === 'rollback'
}

export interface UpdateRequestSpec {
  /** Absent = update. */
  action?: RequestAction
  /** Who asked for a rollback, as the API server's TokenReview named them; absent = fairlead itself. */
  requestedBy?: string
  /** Every container that the image slot decides; at most 64. The object lives in the first one's namespace. */
  targets: UpdateTarget[]
  change: {
    /** Normalised URL of the Git repository, e.g. `https://github.com/acme/gitops`. */
    repository: string
    branch: string
    /** File in the repository. */
    path: string
    /** Where in the file, e.g. `1:spec.template.spec.containers[0].image` (document index, then path). */
    keyPath: string
    /** Image reference as it stands in Git now, or chart and version, e.g. `podinfo:6.5.4`. */
    from: string
    /** Image reference or chart version wanted. */
    to: string
    /** Manifest digest of `to` when the decision was made; a chart that an index lists has none. */
    digest?: string
  }
  /** The policy that chose, in words, e.g. `minor` or `semver ^1.2`. */
  policy: string
  /** Why, e.g. `selected`. */
  reason: string
  requireApproval: boolean
  /** RFC 3339; absent = never. */
  expiresAt?: string
}

/** Every phase of an UpdateRequest; one without a status is `Pending`. */
export const updateRequestPhases = [
  'Pending',
  'Approved',
  'Rejected',
  'Completed',
  'Failed',
  'Expired',
  'Superseded',
] as const

export type UpdateRequestPhase = (typeof updateRequestPhases)[number]

/** Phases after which an UpdateRequest never changes Git again. */
export const finalPhases: readonly UpdateRequestPhase[] = ['Rejected', 'Completed', 'Failed', 'Expired', 'Superseded']

/** One approval, as the API recorded it. */
export interface Approval {
  /** User name as the API server's TokenReview gave it. */
  by: string
  /** RFC 3339. */
  at: string
}

/** Phases of one workload's rollout of a delivered change. */
export const workloadRolloutPhases = ['waiting', 'rolling_out', 'success', 'failed', 'superseded'] as const

/** The template of a workload that had last rolled out successfully. */
export interface LastGood {
  /** `Kind/namespace/name`. */
  workload: string
  /** 16 hex digits, see `templateRevision`. */
  revision: string
}

/** How far a delivered change has come for one workload. The last three phases are final. */
export interface WorkloadRollout {
  /** `Kind/namespace/name`. */
  workload: string
  phase: (typeof workloadRolloutPhases)[number]
  /** Why it waits or failed, or what took its place; at most 200 characters. */
  message?: string
  /** RFC 3339; absent when nobody saw it begin. */
  startedAt?: string
  finishedAt?: string
}

export interface UpdateRequestStatus {
  phase?: UpdateRequestPhase
  observedGeneration?: number
  /** Every approval so far, one for each identity, oldest first; at most 8. */
  approvals?: Approval[]
  /** Who made the approval complete; absent when the phase was patched, for a patch names nobody. */
  approvedBy?: string
  approvedAt?: string
  rejectedBy?: string
  rejectedAt?: string
  message?: string
  /** How many tags got which verdict. */
  verdicts?: Record<string, number>
  /** The tags nearest to the choice, newest first; at most 20. */
  candidates?: { tag: string; verdict: string }[]
  /** Commit on the branch as read back from the remote. */
  commit?: string
  pullRequest?: { number: number; url: string }
  /** What had run before it was delivered, as far as that is known: what a rollback would have to lead back to. */
  lastGood?: LastGood[]
  /** What became of it, one for each workload of its targets, in their order. */
  rollouts?: WorkloadRollout[]
  conditions?: Condition[]
}

import type { MessagePlace } from '../../api/workload-rollout-state.ts'
import type { PhaseName } from '../workload/phase.ts'
import type { WorkloadKind } from '../workload/workload.ts'
import { uuidV5 } from './uuid.ts'

/** Whose rollout a transition is about. */
export interface TransitionWorkload {
  kind: WorkloadKind
  namespace: string
  name: string
  uid: string
  /** Those of the workload that fairlead keeps; no sink needs more. */
  labels: Readonly<Record<string, string>>
}

/**
 * One real phase transition of a workload: the rollout of a revision began, succeeded or failed. Plain data, complete
 * enough that every message about it can be rendered from it alone. Times are RFC 3339.
 */
export interface Transition {
  /** `cluster.name` of the configuration. */
  cluster: string
  workload: TransitionWorkload
  /** Of the pod template; see `templateRevision`. */
  revision: string
  /** Shown version; empty when the workload has no container. */
  version: string
  /** Absent when the workload had none before. */
  previousVersion?: string
  phase: PhaseName
  reason: string
  message: string
  /** When the phase began, as it is kept in the status; not when it is sent. */
  at: string
  /** When this rollout began. Tells two rollouts of the same revision apart. */
  startedAt?: string
  /** Absent while it is rolling out. */
  finishedAt?: string
  /** A success after this revision had failed. */
  recovered: boolean
  /** The speaking container's image reference as it is in the pod template. */
  image?: string
  /** `sha256:…` of that image, when known. */
  digest?: string
  /** The commit that brought this revision, when known. */
  commit?: string
  /** `Fairlead-Id` of the image change that brought this revision, when known: every event of it carries the same. */
  changeId?: string
  /** This rollout puts an earlier version back. */
  rollback: boolean
  /** Id of the failure that began what this failure goes on with or this success ends; absent when nothing had failed. */
  incident?: string
}

/** A transition, and where an earlier life has told of the same rollout; absent when it has not, or nobody knows. */
export interface ToldTransition extends Transition {
  toldAt?: MessagePlace
}

/** What makes a transition the one it is. */
export type TransitionIdentity = Pick<Transition, 'cluster' | 'revision' | 'phase' | 'startedAt'> & {
  workload: Pick<TransitionWorkload, 'uid'>
}

/** Namespaces, drawn once at random; others would make every id another. */
const eventNamespace = '3c2b38df-e676-456e-93ee-2e8bb4e4afbe'
const chainNamespace = '457402eb-59e2-42c7-a2f2-a3cb7e8fc786'

/**
 * The id under which every sink tells of a transition: the same after a restart, from another replica and when it is
 * sent again, so that receivers can drop what they have. It is a UUID over cluster, uid, revision, start and phase. The
 * start is in it because a rollback brings the old template back, which is the same revision once more.
 */
export function eventId({ cluster, workload, revision, startedAt, phase }: TransitionIdentity): string {
  return uuidV5(eventNamespace, [cluster, workload.uid, revision, startedAt ?? '', phase].join('\0'))
}

/** The UUID of the rollout that a transition belongs to: its beginning and its end have the same. */
export function rolloutId({ cluster, workload, revision, startedAt }: Omit<TransitionIdentity, 'phase'>): string {
  return uuidV5(eventNamespace, [cluster, workload.uid, revision, startedAt ?? ''].join('\0'))
}

/** The id under which it is told that a workload is gone. Another one of the same name has another uid. */
export function removalId({ cluster, workload }: Pick<TransitionIdentity, 'cluster' | 'workload'>): string {
  return uuidV5(eventNamespace, [cluster, workload.uid, 'removed'].join('\0'))
}

/** The UUID that all events of one image change share; undefined when the change is not known. */
export function chainId({ changeId }: Pick<Transition, 'changeId'>): string | undefined {
  return changeId === undefined ? undefined : uuidV5(chainNamespace, changeId)
}

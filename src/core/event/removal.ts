import type { RolloutState } from '../workload/rollout-state.ts'
import { imageTag } from '../workload/version.ts'
import { speakingImage, type Workload } from '../workload/workload.ts'
import { removalId, type TransitionWorkload } from './transition.ts'

/** A workload that had been deployed was deleted. It is no transition of a rollout, and so an event of its own. */
export interface Removal {
  /** The same whoever tells it: a workload goes once. */
  id: string
  /** `cluster.name` of the configuration. */
  cluster: string
  workload: TransitionWorkload
  /** What it was when it was last seen. */
  version: string
  image?: string
  digest?: string
  /** When it was seen to be gone, RFC 3339. */
  at: string
}

/**
 * What there is to say about a workload that is not served any more. Undefined where nobody knows of a success: what
 * never ran was never deployed.
 */
export function removalOf(
  workload: Workload,
  state: Pick<RolloutState, 'uid' | 'succeededRevision' | 'version'> | undefined,
  { cluster, at }: { cluster: string; at: string },
): Removal | undefined {
  if (state?.uid !== workload.uid || state.succeededRevision === undefined) return undefined
  const { kind, namespace, name, uid, labels, containers } = workload
  const image = speakingImage(containers, name)
  const digest = image === undefined ? undefined : imageTag(image).digest
  return {
    id: removalId({ cluster, workload }),
    cluster,
    workload: { kind, namespace, name, uid, labels },
    version: state.version,
    ...(image !== undefined && { image }),
    ...(digest !== undefined && { digest }),
    at,
  }
}

import { apiVersionOf, resources } from '../../api/kubernetes.ts'
import { sequenceAnnotation, targetLabel, type UpdateRequest } from '../../api/update-request.ts'
import { nextSequence } from '../../core/change/claim.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import type { Destination } from '../destination.ts'
import { slotId } from '../trace/slot-id.ts'

/** A slot in Git and the value that it is to have. */
export interface SlotChange {
  trace: Trace
  destination: Destination
  /** Of the traced workload. */
  namespace: string
  to: string
  /** Of `to`; undefined where nothing can be told. */
  digest: string | undefined
  /** Requests for the same slot that are known. */
  siblings: readonly UpdateRequest[]
}

/** What a decision says beside the change itself. */
export type DecisionWords = Omit<UpdateRequest['spec'], 'targets' | 'change'>

/** A decision about a slot as an object. `nameOf` gives its name from the id of the slot. */
export function renderSlotRequest(
  { trace, destination, namespace, to, digest, siblings }: SlotChange,
  nameOf: (slot: string) => string,
  words: DecisionWords,
): UpdateRequest {
  const targets = slotTargets(trace, namespace)
  const slot = slotId({ destination, trace })
  return {
    apiVersion: apiVersionOf(resources.updateRequest) as UpdateRequest['apiVersion'],
    kind: 'UpdateRequest',
    metadata: {
      name: nameOf(slot),
      namespace: targets[0]?.namespace ?? namespace,
      labels: { [targetLabel]: slot },
      annotations: { [sequenceAnnotation]: String(nextSequence(siblings)) },
    },
    spec: {
      targets,
      change: {
        repository: destination.repository.url,
        branch: destination.branch,
        path: trace.file,
        keyPath: trace.keyPath,
        from: trace.image,
        to,
        ...(digest === undefined ? {} : { digest }),
      },
      ...words,
    },
  }
}

import { apiVersionOf, resources } from '../api/kubernetes.ts'
import { sequenceAnnotation, targetLabel, type UpdateRequest } from '../api/update-request.ts'
import { nextSequence } from '../core/change/claim.ts'
import { rollbackRequestName } from '../core/change/identity.ts'
import { sanitiseLine } from '../core/change/text.ts'
import { slotTargets } from '../core/manifest/slot/target.ts'
import type { AppliedTrace } from '../core/manifest/trace-through.ts'
import type { Destination } from './destination.ts'
import { slotId } from './traced-slot.ts'

/** A slot and the older value that it is to have again. */
export interface WantedRollback {
  trace: AppliedTrace
  destination: Destination
  /** Of the traced workload. */
  namespace: string
  to: string
  /** Of what is put back; undefined where nothing can be told. */
  digest: string | undefined
  why: string
  /** Who asked for it; undefined = fairlead itself. */
  by: string | undefined
  /** Requests for the same slot that are known. */
  siblings: readonly UpdateRequest[]
}

/** As much as the CRD takes. */
const maxReason = 253

/** The decision as an object: the same way back is the same name. */
export function renderRollbackRequest(wanted: WantedRollback): UpdateRequest {
  const { trace, destination, to, digest, by } = wanted
  const targets = slotTargets(trace, wanted.namespace)
  const slot = slotId({ destination, trace })
  return {
    apiVersion: apiVersionOf(resources.updateRequest) as UpdateRequest['apiVersion'],
    kind: 'UpdateRequest',
    metadata: {
      name: rollbackRequestName(slot, { from: trace.image, to }),
      namespace: targets[0]?.namespace ?? wanted.namespace,
      labels: { [targetLabel]: slot },
      annotations: { [sequenceAnnotation]: String(nextSequence(wanted.siblings)) },
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
      action: 'rollback',
      ...(by === undefined ? {} : { requestedBy: sanitiseLine(by, 1024) }),
      policy: 'rollback',
      reason: sanitiseLine(wanted.why, maxReason),
      // The API approves it in the same breath, where nobody else can write.
      requireApproval: by !== undefined,
    },
  }
}

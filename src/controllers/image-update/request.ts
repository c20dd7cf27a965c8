import { apiVersionOf, resources } from '../../api/kubernetes.ts'
import { sequenceAnnotation, targetLabel, type UpdateRequest } from '../../api/update-request.ts'
import { nextSequence } from '../../core/change/claim.ts'
import { updateRequestName } from '../../core/change/identity.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import type { Destination } from '../../delivery/destination.ts'
import { slotId } from '../../delivery/traced-slot.ts'
import type { ContainerFacts } from './decide.ts'

export interface WantedChange {
  workload: UpdateSubject
  facts: ContainerFacts
  destination: Destination
  to: string
  /** Of what is wanted; undefined where nothing can be told. */
  digest: string | undefined
  reason: string
  expiryMs: number
  /** Requests for the same slot that are known. */
  siblings: readonly UpdateRequest[]
}

/** The decision as an object: same slot and same wanted reference, same name. */
export function renderUpdateRequest(wanted: WantedChange): UpdateRequest {
  const { workload, facts, destination } = wanted
  const { settings, trace, now } = facts
  const targets = slotTargets(trace, workload.namespace)
  const requireApproval = destination.repository.rules.requireApproval === true || settings.requireApproval
  return {
    apiVersion: apiVersionOf(resources.updateRequest) as UpdateRequest['apiVersion'],
    kind: 'UpdateRequest',
    metadata: {
      name: updateRequestName(slotId({ destination, trace }), wanted.to),
      namespace: targets[0]?.namespace ?? workload.namespace,
      labels: { [targetLabel]: slotId({ destination, trace }) },
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
        to: wanted.to,
        ...(wanted.digest === undefined ? {} : { digest: wanted.digest }),
      },
      policy: sanitiseLine(settings.policyText),
      reason: wanted.reason,
      requireApproval,
      // Nobody has to approve what is too young to land.
      ...(requireApproval
        ? { expiresAt: new Date(now.getTime() + settings.minAgeMs + wanted.expiryMs).toISOString() }
        : {}),
    },
  }
}

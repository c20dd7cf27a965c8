import type { UpdateRequest } from '../../api/update-request.ts'
import { updateRequestName } from '../../core/change/identity.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { renderSlotRequest, type SlotChange } from '../../delivery/request/slot-request.ts'
import type { ContainerFacts } from './decide.ts'

export interface WantedUpdate extends Omit<SlotChange, 'trace' | 'namespace'> {
  workload: UpdateSubject
  facts: ContainerFacts
  reason: string
  expiryMs: number
}

/** The decision as an object: same slot and same wanted reference, same name. */
export function renderUpdateRequest({ workload, facts, reason, expiryMs, ...change }: WantedUpdate): UpdateRequest {
  const { settings, trace, now } = facts
  const { namespace } = workload
  const requireApproval = change.destination.repository.rules.requireApproval === true || settings.requireApproval
  return renderSlotRequest({ ...change, trace, namespace }, (slot) => updateRequestName(slot, change.to), {
    policy: sanitiseLine(settings.policyText),
    reason,
    requireApproval,
    // Nobody has to approve what is too young to land.
    ...(requireApproval ? { expiresAt: new Date(now.getTime() + settings.minAgeMs + expiryMs).toISOString() } : {}),
  })
}

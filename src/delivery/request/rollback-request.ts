import type { UpdateRequest } from '../../api/update-request.ts'
import { rollbackRequestName } from '../../core/change/identity.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import { renderSlotRequest, type SlotChange } from './slot-request.ts'

/** A slot and the older value that it is to have again. */
export interface WantedRollback extends SlotChange {
  why: string
  /** Who asked for it; undefined = fairlead itself. */
  by: string | undefined
}

/** As much as the CRD takes. */
const maxReason = 253

/** The decision as an object: the same way back is the same name. */
export function renderRollbackRequest({ why, by, ...change }: WantedRollback): UpdateRequest {
  const name = (slot: string) => rollbackRequestName(slot, { from: change.trace.image, to: change.to })
  return renderSlotRequest(change, name, {
    action: 'rollback',
    ...(by === undefined ? {} : { requestedBy: sanitiseLine(by, 1024) }),
    policy: 'rollback',
    reason: sanitiseLine(why, maxReason),
    // The API approves it in the same breath, where nobody else can write.
    requireApproval: by !== undefined,
  })
}

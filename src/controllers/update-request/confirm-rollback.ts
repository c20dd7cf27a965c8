import type { UpdateRequest } from '../../api/update-request.ts'
import type { ChoiceQuestion } from '../../delivery/choice/candidate.ts'
import { findServed, type ServedValueDeps } from '../../delivery/choice/served-value.ts'
import type { SlotHistory } from '../../delivery/choice/slot-history.ts'
import { FairleadError } from '../../errors.ts'

export interface ConfirmRollbackDeps {
  history: SlotHistory
  /** Rejects a rollback that nobody asked for with `RequestInvalid` unless it puts right what stands failed now. */
  requireFailure: (request: UpdateRequest) => Promise<void>
}

/**
 * No policy chooses what is put back, and no approval is asked for when something failed; so whoever can make a request
 * must not get more by it than a way back: Git held the value there before (`RequestInvalid` otherwise), a workload stands
 * failed with what is to go unless a person asked, and the registry still has the image (`RegistryNotFound`). That Git holds
 * what is to go is seen on the newest head.
 */
export async function confirmRollback(
  request: UpdateRequest,
  question: ChoiceQuestion,
  deps: ConfirmRollbackDeps & ServedValueDeps,
): Promise<void> {
  const { spec } = request
  const { from, to, path } = spec.change
  const held = (await deps.history(question)).slice(1).some((one) => one.image === to)
  if (!held) {
    throw new FairleadError('RequestInvalid', `${path} never held ${to} there; fairlead makes its requests itself`)
  }
  // Settled or changed by somebody, the plan on the newest head says which: then nothing is put back any more.
  if (spec.requestedBy === undefined && question.trace.image === from) await deps.requireFailure(request)
  if ((await findServed(question.trace, to, deps)) !== undefined) return
  throw new FairleadError('RegistryNotFound', `the registry does not have ${to} any more; it is not put back`)
}

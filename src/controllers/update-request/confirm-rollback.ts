import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { ChoiceQuestion } from '../../delivery/candidate.ts'
import type { SlotHistory } from '../../delivery/slot-history.ts'
import { FairleadError } from '../../errors.ts'
import type { Registry } from '../../ports.ts'

export interface ConfirmRollbackDeps {
  history: SlotHistory
  /** Whether the newest rollout of a workload has failed, by `Kind/namespace/name`. */
  hasFailed: (workload: string) => boolean
}

/**
 * No policy chooses what is put back, and no approval is asked for when something failed; so whoever can make a request
 * must not get more by it than a way back: Git held the value there before (`RequestInvalid` otherwise), a workload has
 * failed unless a person asked, and the registry still has the image (`RegistryNotFound`). That Git holds what is to go is
 * seen on the newest head.
 */
export async function confirmRollback(
  { spec }: UpdateRequest,
  question: ChoiceQuestion,
  { registry, history, hasFailed }: ConfirmRollbackDeps & { registry: Pick<Registry, 'digest'> },
): Promise<void> {
  const { to, path } = spec.change
  const held = (await history(question)).slice(1).some((one) => one.image === to)
  if (!held) {
    throw new FairleadError('RequestInvalid', `${path} never held ${to} there; fairlead makes its requests itself`)
  }
  if (spec.requestedBy === undefined && !spec.targets.some((target) => hasFailed(objectKey(target)))) {
    throw new FairleadError(
      'RequestInvalid',
      'no rollout of its targets has failed; fairlead makes its requests itself',
    )
  }
  const image = parseImageReference(to)
  const served = await registry.digest(image, image.digest ?? image.tag ?? 'latest')
  if (served !== undefined) return
  throw new FairleadError('RegistryNotFound', `the registry does not have ${to} any more; it is not put back`)
}

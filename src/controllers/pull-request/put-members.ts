import type { Delivery } from '../../delivery/delivery.ts'
import type { ProposalOutcome } from '../../delivery/proposals.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { ObservedProposal } from './observe.ts'

/** What was learnt about single requests, by their keys. */
export type Learnt = ReadonlyMap<string, ProposalOutcome>

/** What came of putting the requests on their branch. */
export interface PutMembers {
  learnt: Learnt
  /** Where the branch is; undefined when nothing is left to propose. */
  head: string | undefined
}

/**
 * Puts the requests on the branch of their proposal, which must be at `expected`. Everything is asked again right before
 * that, as for a commit to the base; what is refused is left out.
 */
export async function putMembers(observed: ObservedProposal, expected: string): Promise<PutMembers> {
  const { place, repository, members, remembered } = observed
  const learnt = new Map<string, ProposalOutcome>()
  const confirmed = new Map<string, Delivery>()
  for (const member of members) {
    const answer = await orRefusal(() => member.confirm())
    if (answer instanceof FairleadError) learnt.set(member.key, refused(answer))
    else confirmed.set(member.key, answer)
  }
  if (confirmed.size === 0) return { learnt, head: undefined }
  const { base, branch } = place
  const put = await repository.propose({ base, branch, expected, deliveries: [...confirmed.values()] })
  remembered.base = put.base
  if (put.head !== undefined) remembered.put = put.head
  for (const { id, refusal } of put.concluded) {
    // What heals by itself is tried again soon.
    if (refusal !== undefined && refusal.kind !== 'terminal') throw refusal
    const member = members.find((one) => confirmed.get(one.key)?.id === id)
    if (member === undefined) continue
    learnt.set(member.key, refusal === undefined ? { kind: 'settled', commit: undefined } : refused(refusal))
  }
  return { learnt, head: put.head }
}

/** Asks everything again right before a merge; empty when nothing is refused. */
export async function confirmMembers({ members }: ObservedProposal): Promise<Learnt> {
  const learnt = new Map<string, ProposalOutcome>()
  for (const member of members) {
    const answer = await orRefusal(() => member.confirm())
    if (answer instanceof FairleadError) learnt.set(member.key, refused(answer))
  }
  return learnt
}

function refused(error: FairleadError): ProposalOutcome {
  return { kind: 'refused', link: undefined, error }
}

/** The answer, or the refusal; what heals by itself is thrown. */
async function orRefusal<T>(ask: () => Promise<T>): Promise<T | FairleadError> {
  try {
    return await ask()
  } catch (thrown) {
    const error = asFairleadError(thrown)
    if (error.kind !== 'terminal') throw error
    return error
  }
}

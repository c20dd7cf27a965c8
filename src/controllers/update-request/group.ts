import type { UpdateRequest } from '../../api/update-request.ts'
import { isApproved } from '../../core/change/approval.ts'
import { requestId } from '../../core/change/claim.ts'
import { groupOf, proposalBranch } from '../../core/pull-request/group.ts'
import type { EndedRequest, ProposalGroup, ProposalMember, ProposalPlace } from '../../delivery/proposals.ts'
import type { Repositories } from '../../delivery/repositories.ts'
import { FairleadError } from '../../errors.ts'
import type { ChangeSources } from './change-source.ts'
import { type ConfirmDeps, confirmChoice } from './confirm.ts'
import { decideRequest } from './decide.ts'
import { deliveryOf } from './deliver.ts'
import { type FactsDeps, isOpen, type ObservedRequest, observeRequest } from './facts.ts'
import { requestKey } from './journal.ts'
import { changeOf } from './plan.ts'
import { rejectedInProposal } from './propose.ts'

export interface GroupDeps extends FactsDeps, ConfirmDeps {
  /** Requests of a repository and branch, in any phase. */
  requestsAt: (repository: string, base: string) => readonly UpdateRequest[]
  repositories: Repositories
  suspend: boolean
  words: { template: string; cluster: string }
  changeSource: ChangeSources
}

/** Where a request is proposed. `RepositoryNotConfigured` when its repository is none of ours. */
export function placeOf(
  request: UpdateRequest,
  { repositories, words }: Pick<GroupDeps, 'repositories' | 'words'>,
): ProposalPlace {
  const { repository, branch: base } = request.spec.change
  const { url, rules } = repositories.find(repository)
  const { branchPrefix, group } = rules.pullRequest
  return { repository: url, base, branch: proposalBranch(branchPrefix, groupOf(request, group, words.cluster)) }
}

/** The requests that belong into the proposal of a branch, each looked at as if it alone were to be carried out. */
export async function readGroup(place: ProposalPlace, deps: GroupDeps): Promise<ProposalGroup> {
  const { repositories } = deps
  const { rules } = repositories.find(place.repository)
  const here = deps.requestsAt(place.repository, place.base).filter((one) => placeOf(one, deps).branch === place.branch)
  const members: ProposalMember[] = []
  const held: ProposalGroup['held'][number][] = []
  for (const request of here.filter(isOpen)) {
    const observed = await observeRequest(request, deps)
    const decision = decideRequest({ ...observed.facts, proposal: undefined })
    if (decision.kind === 'propose') members.push(await memberOf(observed, deps))
    else if (decision.kind === 'wait') {
      held.push({ key: requestKey(request), reason: decision.reason, message: decision.message })
    }
  }
  const ended = here.filter((one) => !isOpen(one)).map(endOf)
  return { members, held, ended, suspended: deps.suspend || rules.suspend, cluster: deps.words.cluster }
}

function endOf(request: UpdateRequest): EndedRequest {
  const { phase, message = '', conditions } = request.status ?? {}
  const isClosed = conditions?.some((one) => one.type === 'Progressing' && one.reason === rejectedInProposal)
  const kind = phase !== 'Rejected' ? 'done' : isClosed === true ? 'closed' : 'rejected'
  return { id: requestId(request), kind, message }
}

async function memberOf({ facts, destination, slot }: ObservedRequest, deps: GroupDeps): Promise<ProposalMember> {
  const { request, requireApproval, window, fourEyes } = facts
  if (destination === undefined || slot === undefined) {
    throw new FairleadError('Internal', 'a change to be proposed has no destination')
  }
  const source = await deps.changeSource(request)
  return {
    key: requestKey(request),
    request,
    wanted: {
      id: requestId(request),
      requireApproval: request.spec.requireApproval || requireApproval,
      isApproved: isApproved(request, fourEyes),
      window,
      hasWindow: slot.hasWindow,
    },
    change: { ...changeOf(request), ...(source === undefined || source === 'unknown' ? {} : { source }) },
    isIncomplete: source === 'unknown',
    look: deliveryOf(request, { destination, slot, source: undefined }, deps.words),
    standing: slot.trace.image,
    async confirm() {
      const source = await confirmChoice(request, { ...slot, destination }, deps)
      return deliveryOf(request, { destination, slot, source }, deps.words)
    },
  }
}

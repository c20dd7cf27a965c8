import { inertLine } from '../../core/change/inert.ts'
import { type ProposalDecision, rebaseLabel, waitForTurn } from '../../core/pull-request/decide.ts'
import { noteIn } from '../../core/pull-request/mark.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Log } from '../../ports.ts'
import type { PullRequest } from '../../ports-repository-host.ts'
import { countProposals } from './count.ts'
import type { ObserveDeps, ObservedProposal } from './observe.ts'
import { type OrderDeps, orderMerge } from './order-merge.ts'
import { type Learnt, putMembers } from './put-members.ts'
import { hasAudience, textOf } from './text.ts'

export interface CarryOutDeps extends ObserveDeps, OrderDeps {
  log: Log
}

const nothing: Learnt = new Map()
const withdrawnMarker = '<!-- fairlead-withdrawn -->'

/** Does the one thing that was decided. Whatever fails half-way is found by the next look at the host. */
export async function carryOut(
  observed: ObservedProposal,
  decision: ProposalDecision,
  deps: CarryOutDeps,
): Promise<Learnt> {
  const { host, found, place } = observed
  if (decision.kind === 'wait' || decision.kind === 'nothing') return nothing
  deps.fence()
  if (decision.kind === 'clean-up') {
    await deleteBranch(observed, observed.past)
    return nothing
  }
  if (decision.kind === 'open') return deps.memory.inTurn(place.repository, () => open(observed, deps))
  if (found === undefined) throw new FairleadError('Internal', `${decision.kind} without a pull request`)
  switch (decision.kind) {
    case 'address':
      await host.address(found.number, observed.repository.rules.pullRequest)
      // From now on its mark says that they were asked for.
      await host.edit(found.number, { body: noteIn(found.body, {}) })
      return nothing
    case 'describe':
      await describe(observed, found)
      return nothing
    case 'rewrite':
      return rewrite(observed, { found, why: decision.why }, deps)
    case 'take-over':
      return takeOver(observed, found, deps)
    case 'stop-merging':
      await host.stopMerging(found.number)
      delete observed.remembered.ordered
      deps.log.info({ ...aboutOf(observed), why: decision.why }, 'the host does not merge a pull request by itself')
      return nothing
    case 'withdraw':
      await withdraw(observed, found, decision)
      return nothing
    case 'merge':
    case 'merge-when-ready':
      return orderMerge(observed, { found, isQueued: decision.kind === 'merge-when-ready' }, deps)
  }
}

async function open(observed: ObservedProposal, deps: CarryOutDeps): Promise<Learnt> {
  const { host, place, repository, remembered, members, facts } = observed
  // Others may have been opened since it was decided.
  if (waitForTurn({ ...facts, ...(await countProposals(observed, deps)) }) !== undefined) return nothing
  const expected = (await repository.git.remoteHead(place.branch)) ?? ''
  const { learnt, head } = await putMembers(observed, expected)
  if (head === undefined) return learnt
  const rules = repository.rules.pullRequest
  const left = members.filter((one) => !learnt.has(one.key))
  const text = textOf({ place, members: left, isNew: hasAudience(rules) }, deps)
  deps.fence()
  try {
    const created = await host.open({ branch: place.branch, base: place.base, ...text, isDraft: rules.draft })
    remembered.number = created.number
    deps.memory.opened(repository.url, deps.clock.now())
    deps.log.info({ ...aboutOf(observed), pullRequest: created.number }, 'opened a pull request')
  } catch (thrown) {
    // Somebody was faster, or the answer to our own call got lost: the next look finds it.
    if (asFairleadError(thrown).code !== 'PullRequestExists') throw thrown
  }
  return learnt
}

/** Only over what was looked at: what others have pushed meanwhile is theirs. */
async function rewrite(
  observed: ObservedProposal,
  { found, why }: { found: PullRequest; why: string },
  deps: CarryOutDeps,
): Promise<Learnt> {
  const { learnt, head } = await putMembers(observed, found.head)
  if (head === found.head && learnt.size === 0) {
    // It was ours, which was not known after a restart.
    if (observed.facts.open?.isOurs === false) return learnt
    // Without an error it would be done over and over.
    throw new FairleadError('HostInvalid', `${found.url}: ${why}, says the host, though its branch is as it should be`)
  }
  deps.log.info({ ...aboutOf(observed), why }, 'rendered a pull request anew')
  return learnt
}

async function takeOver(observed: ObservedProposal, found: PullRequest, deps: CarryOutDeps): Promise<Learnt> {
  const { host, place, members } = observed
  const { learnt } = await putMembers(observed, found.head)
  const left = members.filter((one) => !learnt.has(one.key))
  if (left.length > 0) await host.edit(found.number, textOf({ place, members: left, isNew: false }, deps))
  await host.removeLabel(found.number, rebaseLabel)
  deps.log.info(aboutOf(observed), 'took a pull request over')
  return learnt
}

/** Only what differs, for people may have edited the rest. */
async function describe({ host, facts }: ObservedProposal, { number, title, body }: PullRequest): Promise<void> {
  const { wantedTitle = title, wantedBody = body } = facts.open ?? {}
  await host.edit(number, {
    ...(wantedTitle === title ? {} : { title: wantedTitle }),
    ...(wantedBody === body ? {} : { body: wantedBody }),
  })
}

/**
 * A rejection that people gave elsewhere is noted as one, so that the host remembers it. Closing comes last, for as long as
 * it is open, it is found.
 */
async function withdraw(
  observed: ObservedProposal,
  found: PullRequest,
  { why, isRejection }: { why: string; isRejection: boolean },
): Promise<void> {
  const { host } = observed
  await host.comment(found.number, withdrawnMarker, `${withdrawnMarker}\n${inertLine(why, 1000)}`)
  const body = noteIn(found.body, isRejection ? { rejected: why } : { withdrawn: why })
  if (body !== found.body) await host.edit(found.number, { body })
  await deleteBranch(observed, found)
  await host.edit(found.number, { state: 'closed' })
}

/** Hosts close what loses its branch, so it stays while people have another one open for it, into another base. */
async function deleteBranch(
  { host, place, repository, remembered }: ObservedProposal,
  over: PullRequest | undefined,
): Promise<void> {
  const open = await host.list(repository.rules.pullRequest.branchPrefix)
  const isShared = open.some(({ branch, base }) => branch === place.branch && base !== place.base)
  if (!isShared) await host.deleteBranch(place.branch)
  delete remembered.number
  if (over !== undefined) remembered.cleaned = over.number
}

/** For the log. */
function aboutOf({ place, found }: ObservedProposal) {
  const number = found === undefined ? {} : { pullRequest: found.number }
  return { repository: place.repository, branch: place.branch, ...number }
}

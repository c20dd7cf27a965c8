import { inertLine } from '../../core/change/inert.ts'
import { type ProposalDecision, rebaseLabel } from '../../core/pull-request/decide.ts'
import { readMark, writeMark } from '../../core/pull-request/mark.ts'
import type { Delivery } from '../../delivery/delivery.ts'
import type { ProposalMember, ProposalOutcome, ProposalPlace } from '../../delivery/proposals.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock, Log } from '../../ports.ts'
import type { MergeAnswer, PullRequest } from '../../ports-repository-host.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { mergeState, type ObserveDeps, type ObservedProposal } from './observe.ts'

export interface CarryOutDeps extends ObserveDeps {
  /** What a merge commit says. */
  mergeWords: (place: ProposalPlace, members: readonly ProposalMember[]) => { title: string; message: string }
  /** Throws when this replica must not write (any more). */
  fence: () => void
  clock: Clock
  log: Log
  metrics: Metrics
}

/** What carrying out has learnt about single requests, by their keys. */
export type Learnt = ReadonlyMap<string, ProposalOutcome>

const nothing: Learnt = new Map()
/** How long what the host said to a merge counts while the proposal does not change. */
const laterMs = 5_000
const refusedMs = 600_000
/** Somebody took the mark away. */
const noGroup = '0'.repeat(16)
const withdrawnMarker = '<!-- fairlead-withdrawn -->'

/** Does the one thing that was decided. Whatever fails half-way is found by the next look at the host. */
export async function carryOut(
  observed: ObservedProposal,
  decision: ProposalDecision,
  deps: CarryOutDeps,
): Promise<Learnt> {
  const { host, found, text, place, remembered } = observed
  if (decision.kind === 'wait' || decision.kind === 'nothing') return nothing
  deps.fence()
  if (decision.kind === 'clean-up') {
    await host.deleteBranch(place.branch)
    remembered.isClean = true
    return nothing
  }
  if (decision.kind === 'open') return open(observed, deps)
  if (found === undefined) throw new FairleadError('Internal', `${decision.kind} without a pull request`)
  const { number } = found
  switch (decision.kind) {
    case 'address':
      await host.address(number, observed.repository.rules.pullRequest)
      // From now on the mark says that they were asked for.
      await host.edit(number, deps.render(place, observed.members, false))
      return nothing
    case 'describe':
      await host.edit(number, text)
      return nothing
    case 'rewrite':
      return rewrite(observed, decision.why, deps)
    case 'take-over': {
      const learnt = await rewrite(observed, 'somebody asked for it by a label', deps)
      await host.edit(number, deps.render(place, observed.members, false))
      await host.removeLabel(number, rebaseLabel)
      return learnt
    }
    case 'stop-merging':
      await host.stopMerging(number)
      return nothing
    case 'withdraw':
      return withdraw(observed, found, decision.why)
    case 'merge':
    case 'merge-when-ready':
      return merge(observed, { found, isQueued: decision.kind === 'merge-when-ready' }, deps)
  }
}

async function open(observed: ObservedProposal, deps: CarryOutDeps): Promise<Learnt> {
  const { host, place, repository, remembered, members } = observed
  const { learnt, isEmpty } = await putMembers(observed)
  if (isEmpty) return learnt
  const left = members.filter((one) => !learnt.has(one.key))
  const text = deps.render(place, left, true)
  deps.fence()
  try {
    const isDraft = repository.rules.pullRequest.draft
    const created = await host.open({ branch: place.branch, base: place.base, ...text, isDraft })
    remembered.number = created.number
    deps.memory.opened(repository.url, deps.clock.now())
    deps.log.info(
      { repository: repository.url, pullRequest: created.number, branch: place.branch },
      'opened a pull request',
    )
  } catch (thrown) {
    // Somebody was faster, or the answer to our own call got lost: the next look finds it.
    if (asFairleadError(thrown).code !== 'PullRequestExists') throw thrown
  }
  return learnt
}

async function rewrite(observed: ObservedProposal, why: string, deps: CarryOutDeps): Promise<Learnt> {
  const { learnt } = await putMembers(observed)
  deps.log.info(
    { repository: observed.repository.url, pullRequest: observed.found?.number, why },
    'rendered a pull request anew',
  )
  return learnt
}

/** Everything is asked again right before it is written, as for a commit to the base. */
async function putMembers(observed: ObservedProposal): Promise<{ learnt: Learnt; isEmpty: boolean }> {
  const { place, repository, members, remembered } = observed
  const learnt = new Map<string, ProposalOutcome>()
  const confirmed = new Map<string, Delivery>()
  for (const member of members) {
    const answer = await orRefusal(() => member.confirm())
    if (answer instanceof FairleadError) learnt.set(member.key, { kind: 'refused', link: undefined, error: answer })
    else confirmed.set(member.key, answer)
  }
  if (confirmed.size === 0) return { learnt, isEmpty: true }
  const expected = (await repository.git.remoteHead(place.branch)) ?? ''
  const { base, concluded, included } = await repository.propose({
    base: place.base,
    branch: place.branch,
    expected,
    deliveries: [...confirmed.values()],
  })
  remembered.base = base
  for (const { id, refusal } of concluded) {
    const member = members.find((one) => confirmed.get(one.key)?.id === id)
    if (member === undefined) continue
    const settled = { kind: 'settled', commit: undefined } as const
    learnt.set(member.key, refusal === undefined ? settled : { kind: 'refused', link: undefined, error: refusal })
  }
  return { learnt, isEmpty: included.length === 0 }
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

/** A rejection that people gave elsewhere is left on the host as one, so that it is remembered there. */
async function withdraw(
  { host, group, place, remembered }: ObservedProposal,
  found: PullRequest,
  why: string,
): Promise<Learnt> {
  const ended = group.ended.filter((one) => one.number === found.number)
  const isRejection = ended.some((one) => one.isRejection)
  const words = ended.find((one) => one.isRejection === isRejection)?.message ?? why
  await host.comment(found.number, withdrawnMarker, `${withdrawnMarker}\n${inertLine(words, 1000)}`)
  const mark = readMark(found.body)
  const body = isRejection ? found.body : writeMark(found.body, { group: mark?.group ?? noGroup, withdrawn: words })
  await host.edit(found.number, { state: 'closed', ...(body === found.body ? {} : { body }) })
  await host.deleteBranch(place.branch)
  delete remembered.number
  return nothing
}

async function merge(
  observed: ObservedProposal,
  { found, isQueued }: { found: PullRequest; isQueued: boolean },
  deps: CarryOutDeps,
): Promise<Learnt> {
  const { host, members, remembered, facts, repository } = observed
  for (const member of members) {
    const answer = await orRefusal(() => member.confirm())
    if (answer instanceof FairleadError) {
      return new Map([[member.key, { kind: 'refused', link: undefined, error: answer }]])
    }
  }
  deps.fence()
  const order = {
    head: found.head,
    method: repository.rules.pullRequest.mergeMethod,
    ...deps.mergeWords(observed.place, members),
  }
  const answer = await (isQueued ? host.mergeWhenReady(found.number, order) : host.merge(found.number, order))
  deps.log.info({ repository: repository.url, pullRequest: found.number, answer: answer.kind }, 'asked for a merge')
  if (isRefusal(answer)) {
    const { kind, words } = answer
    const { reviews, checks } = facts.merge
    const untilMs = deps.clock.monotonicMs() + (kind === 'later' ? laterMs : refusedMs)
    remembered.answer = { state: mergeState({ ...found, reviews, checks }), untilMs, said: { kind, words } }
  }
  return nothing
}

function isRefusal(answer: MergeAnswer | { kind: 'accepted' }): answer is Extract<MergeAnswer, { words: string }> & {
  kind: 'later' | 'ruled-out' | 'forbidden'
} {
  return answer.kind === 'later' || answer.kind === 'ruled-out' || answer.kind === 'forbidden'
}

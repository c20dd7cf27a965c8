import { inertLine } from '../../core/change/inert.ts'
import type { OpenProposal, ProposalClaim, ProposalFacts } from '../../core/pull-request/decide.ts'
import { mostChanges, withoutRoom } from '../../core/pull-request/group.ts'
import { isEdited, isTitleEdited, readMark } from '../../core/pull-request/mark.ts'
import {
  type ProposalGroup,
  type ProposalMember,
  type ProposalOutcome,
  type ProposalPlace,
  readProposalKey,
} from '../../delivery/proposals.ts'
import type { ManagedRepository, Repositories } from '../../delivery/repositories.ts'
import type { PullRequest, PullRequests } from '../../ports-repository-host.ts'
import type { ContentReader, ProposalContent } from './content.ts'
import { countProposals } from './count.ts'
import { holdsMember, readEnded } from './ended.ts'
import type { Memory, Remembered } from './memory.ts'
import { gatherMerge, type MergeFactsDeps, nothingToMerge } from './merge-facts.ts'
import { hasAudience, type ProposalText, sameText, type TextDeps, textOf } from './text.ts'

export interface ObserveDeps extends MergeFactsDeps, TextDeps {
  repositories: Repositories
  /** The requests that belong into a proposal. */
  group: (place: ProposalPlace) => Promise<ProposalGroup>
  content: ContentReader
  memory: Memory
}

/** Everything about one proposal before anything is decided. */
export interface ObservedProposal {
  key: string
  place: ProposalPlace
  repository: ManagedRepository
  host: PullRequests
  group: ProposalGroup
  /** Of requests whose proposal is over, or that cannot be in one now; by their keys. */
  verdicts: ReadonlyMap<string, ProposalOutcome>
  /** Requests that are still to be proposed. */
  members: readonly ProposalMember[]
  found: PullRequest | undefined
  /** The newest one that is over, where one had to be looked for. */
  past: PullRequest | undefined
  text: ProposalText
  facts: ProposalFacts
  remembered: Remembered
}

/**
 * Looks at the requests of a proposal and at what the host has. Undefined where pull requests cannot be, and for those of
 * another cluster that writes to the same repository.
 */
export async function observeProposal(key: string, deps: ObserveDeps): Promise<ObservedProposal | undefined> {
  const place = readProposalKey(key)
  const repository = deps.repositories.find(place.repository)
  const host = repository.host?.pullRequests
  if (host === undefined) return undefined
  const group = await deps.group(place)
  const remembered = deps.memory.of(key)
  const { found, all } = await lookFor(place, { host, remembered })
  const content = found === undefined ? undefined : await deps.content(host, found)
  if (content !== undefined && isElsewhere(content, group)) {
    deps.memory.forget(key)
    return undefined
  }
  const isComplete = content !== undefined && group.members.every((one) => holdsMember(content, one))
  const past = isComplete ? [] : (all ?? (await host.find(place.branch, place.base))).filter(isOver)
  const verdicts = new Map([
    ...stillRefused(remembered, group, deps),
    ...(await readEnded(group.members, past, { ...deps, repository, host })),
  ])
  for (const [key, outcome] of beyondRoom(group.members.filter((one) => !verdicts.has(one.key)))) {
    verdicts.set(key, outcome)
  }
  const members = group.members.filter((one) => !verdicts.has(one.key))
  const isNew = found === undefined ? hasAudience(repository.rules.pullRequest) : readMark(found.body)?.isNew === true
  const text = textOf({ place, members, isNew }, deps)
  const seen = { key, place, repository, host, group, verdicts, members, found, past: past[0], text, remembered }
  return { ...seen, facts: await gatherFacts(seen, content, deps) }
}

/** What there is no room for. */
function beyondRoom(members: readonly ProposalMember[]): [string, ProposalOutcome][] {
  const message = `a pull request holds at most ${mostChanges} changes; it comes into the next one`
  const outcome = { kind: 'open', link: undefined, reason: 'PullRequestLimit', message, degraded: false } as const
  const requests = members.map(({ request }) => request)
  const late = new Set(withoutRoom(requests))
  return members.filter(({ request }) => late.has(request)).map(({ key }) => [key, outcome])
}

const isOver = ({ state }: PullRequest) => state !== 'open'

/** Only what says so is of another cluster. Where requests of ours belong, nobody can talk us out of it. */
function isElsewhere({ clusters }: ProposalContent, { cluster, members, held, ended }: ProposalGroup): boolean {
  if (members.length + held.length + ended.length > 0) return false
  return clusters.length > 0 && !clusters.includes(inertLine(cluster))
}

function stillRefused(
  { refused }: Remembered,
  { members }: ProposalGroup,
  { clock }: ObserveDeps,
): [string, ProposalOutcome][] {
  for (const [key, { untilMs }] of refused) {
    if (untilMs <= clock.monotonicMs() || !members.some((one) => one.key === key)) refused.delete(key)
  }
  return [...refused].map(([key, { outcome }]) => [key, outcome])
}

/** The open one, and all there are where they had to be asked for: open before all others, the newest first. */
async function lookFor(
  { branch, base }: ProposalPlace,
  { host, remembered }: { host: PullRequests; remembered: Remembered },
): Promise<{ found: PullRequest | undefined; all?: readonly PullRequest[] }> {
  const known = remembered.number === undefined ? undefined : await host.read(remembered.number)
  if (known?.state === 'open' && known.base === base) return { found: known }
  delete remembered.number
  const all = await host.find(branch, base)
  const newest = all.find((one) => one.state === 'open')
  const found = newest === undefined ? undefined : await host.read(newest.number)
  if (found?.state !== 'open') return { found: undefined, all }
  remembered.number = found.number
  return { found, all }
}

type Seen = Omit<ObservedProposal, 'facts'>

async function gatherFacts(
  seen: Seen,
  content: ProposalContent | undefined,
  deps: ObserveDeps,
): Promise<ProposalFacts> {
  const { repository, group, members, found, past, remembered, host, verdicts } = seen
  const rules = repository.rules.pullRequest
  const wanted = members.map((one) => one.wanted)
  const { suspended } = group
  const isOpen = found !== undefined && content !== undefined
  const mayMerge = rules.automerge !== 'never' || wanted.every((one) => one.isApproved)
  const isOpening = found === undefined && wanted.length > 0 && !suspended
  return {
    rules,
    wanted,
    // What cannot be rendered now may be so later.
    held: [...group.held, ...[...verdicts.values()].flatMap(heldByRefusal)],
    suspended,
    open: isOpen ? await describeOpen(seen, { found, content }, deps) : undefined,
    hasLeftover: past !== undefined && isLeftover(past) && remembered.cleaned !== past.number,
    ...(isOpening ? await countProposals(seen, deps) : { counts: { open: 0, lastHour: 0 }, nextSlotMs: 0 }),
    merge:
      isOpen && !suspended && mayMerge ? await gatherMerge({ host, found, remembered }, deps) : nothingToMerge(deps),
  }
}

function heldByRefusal(outcome: ProposalOutcome) {
  return outcome.kind === 'refused' ? [{ reason: outcome.error.code, message: outcome.error.message }] : []
}

/** Whoever closed it may want its branch; ours is deleted with what we ended. */
function isLeftover({ state, body }: PullRequest): boolean {
  const mark = readMark(body)
  return state === 'merged' || mark?.withdrawn !== undefined || mark?.rejected !== undefined
}

async function describeOpen(
  seen: Seen,
  { found, content }: { found: PullRequest; content: ProposalContent },
  deps: ObserveDeps,
): Promise<OpenProposal> {
  const { members, text, remembered, repository, place } = seen
  const { head, mergeability, isDraft, labels, title, body } = found
  // Half of a text is none, and what people have rewritten is theirs.
  const isTold = members.length > 0 && !members.some((one) => one.isIncomplete) && !isEdited(body)
  const { ordered } = remembered
  const isOrdered = ordered !== undefined && ordered.head === head && deps.clock.monotonicMs() < ordered.untilMs
  return {
    head,
    mergeability,
    mergesItself: found.mergesItself || isOrdered,
    isDraft,
    labels,
    title,
    body,
    wantedTitle: isTold && !isTitleEdited(found) ? text.title : title,
    wantedBody: isTold && !sameText(body, text.body) ? text.body : body,
    holds: content.changes.map((one) => one.id),
    isForeign: content.isForeign,
    isNew: readMark(body)?.isNew === true,
    isOnBase: remembered.base === (await repository.git.snapshot(place.base, { fresh: false })).revision,
    isOurs: remembered.put === head,
    claim: claimOf(seen, content, deps),
  }
}

function claimOf({ group, remembered }: Seen, { changes }: ProposalContent, { clock }: ObserveDeps): ProposalClaim {
  const isClaimed = group.members.length > 0 || group.held.length > 0
  const ends = changes.flatMap(({ id }) => group.ended.find((one) => one.id === id) ?? [])
  if (isClaimed || ends.length === changes.length) delete remembered.unclaimedMs
  if (isClaimed) return { kind: 'unknown', forMs: 0 }
  if (ends.length === changes.length) {
    if (ends.some((one) => one.kind === 'closed')) return { kind: 'reopened' }
    const rejected = ends.find((one) => one.kind === 'rejected')
    const { message = '' } = rejected ?? ends[0] ?? {}
    return { kind: 'ended', message, isRejection: rejected !== undefined }
  }
  remembered.unclaimedMs ??= clock.monotonicMs()
  return { kind: 'unknown', forMs: clock.monotonicMs() - remembered.unclaimedMs }
}

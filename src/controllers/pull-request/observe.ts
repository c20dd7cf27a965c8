import type { OpenProposal, ProposalFacts } from '../../core/pull-request/decide.ts'
import { isEdited, readMark } from '../../core/pull-request/mark.ts'
import type { MergeFacts } from '../../core/pull-request/merge.ts'
import {
  type ProposalGroup,
  type ProposalMember,
  type ProposalOutcome,
  type ProposalPlace,
  readProposalKey,
} from '../../delivery/proposals.ts'
import type { ManagedRepository, Repositories } from '../../delivery/repositories.ts'
import type { Clock } from '../../ports.ts'
import type { PullRequest, PullRequests } from '../../ports-repository-host.ts'
import type { ContentReader } from './content.ts'
import { readEnded } from './ended.ts'
import type { Memory, Remembered } from './memory.ts'

/** Title and body of a proposal, complete with its mark. */
export interface ProposalText {
  title: string
  body: string
}

export interface ObserveDeps {
  repositories: Repositories
  /** The requests that belong into a proposal. */
  group: (place: ProposalPlace) => Promise<ProposalGroup>
  /** What a proposal of these requests says. */
  render: (place: ProposalPlace, members: readonly ProposalMember[], isNew: boolean) => ProposalText
  content: ContentReader
  memory: Memory
  fourEyes: boolean
  clock: Clock
}

/** Everything about one proposal before anything is decided. */
export interface ObservedProposal {
  key: string
  place: ProposalPlace
  repository: ManagedRepository
  host: PullRequests
  group: ProposalGroup
  /** Of requests whose proposal is over, or that need none any more; by their keys. */
  verdicts: ReadonlyMap<string, ProposalOutcome>
  /** Requests that are still to be proposed. */
  members: readonly ProposalMember[]
  found: PullRequest | undefined
  text: ProposalText
  facts: ProposalFacts
  remembered: Remembered
}

/** Looks at the requests of a proposal and at what the host has. Undefined where pull requests cannot be. */
export async function observeProposal(key: string, deps: ObserveDeps): Promise<ObservedProposal | undefined> {
  const place = readProposalKey(key)
  const repository = deps.repositories.find(place.repository)
  const host = repository.host?.pullRequests
  if (host === undefined) return undefined
  const group = await deps.group(place)
  const remembered = deps.memory.of(key)
  const { found, past } = await lookFor(place, { host, remembered })
  const verdicts = new Map([
    ...stillRefused(remembered, deps),
    ...(await readEnded(group.members, past, { content: deps.content, repository, host })),
  ])
  const members = group.members.filter((one) => !verdicts.has(one.key))
  const isNew = found !== undefined && !isEdited(found.body) && readMark(found.body)?.isNew === true
  const text = deps.render(place, members, found === undefined || isNew)
  const seen = { key, place, repository, host, group, verdicts, members, found, text, remembered }
  const hasLeftover = past[0]?.state === 'merged' && remembered.isClean !== true
  return { ...seen, facts: await gatherFacts(seen, hasLeftover, deps) }
}

function stillRefused({ refused }: Remembered, { clock }: ObserveDeps): [string, ProposalOutcome][] {
  for (const [key, { untilMs }] of refused) if (untilMs <= clock.monotonicMs()) refused.delete(key)
  return [...refused].map(([key, { outcome }]) => [key, outcome])
}

/** The open one, or the ones before it: open before merged before closed, the newest first. */
async function lookFor(
  { branch, base }: ProposalPlace,
  { host, remembered }: { host: PullRequests; remembered: Remembered },
): Promise<{ found: PullRequest | undefined; past: readonly PullRequest[] }> {
  const known = remembered.number === undefined ? undefined : await host.read(remembered.number)
  if (known?.state === 'open') return { found: known, past: [] }
  delete remembered.number
  const all = await host.find(branch, base)
  const newest = all.find((one) => one.state === 'open')
  const found = newest === undefined ? undefined : await host.read(newest.number)
  if (found?.state === 'open') remembered.number = found.number
  return { found: found?.state === 'open' ? found : undefined, past: all.filter((one) => one.state !== 'open') }
}

type Seen = Omit<ObservedProposal, 'facts'>

async function gatherFacts(seen: Seen, hasLeftover: boolean, deps: ObserveDeps): Promise<ProposalFacts> {
  const { repository, group, members, found } = seen
  const rules = repository.rules.pullRequest
  const wanted = members.map((one) => one.wanted)
  const { held, suspended } = group
  const open = found === undefined ? undefined : await describeOpen(seen, found, deps)
  const mayMerge =
    open !== undefined && !suspended && (rules.automerge !== 'never' || wanted.every((one) => one.isApproved))
  const merge = mayMerge ? await gatherMerge(seen, open, deps) : nothingToMerge(deps)
  const isOpening = open === undefined && wanted.length > 0 && !suspended
  const counted = isOpening ? await count(seen, deps) : { counts: { open: 0, lastHour: 0 }, nextSlotMs: 0 }
  return {
    rules,
    wanted,
    held,
    suspended,
    open,
    hasLeftover,
    ...counted,
    merge,
  }
}

async function describeOpen(
  { members, text, host, remembered, repository, place }: Seen,
  found: PullRequest,
  deps: ObserveDeps,
) {
  const { changes, isForeign } = await deps.content(host, found)
  const mark = readMark(found.body)
  // Half of a text is none, and what people have rewritten is theirs.
  const isTold = members.length > 0 && !members.some((one) => one.isIncomplete) && !isEdited(found.body)
  const open: OpenProposal = {
    head: found.head,
    mergeability: found.mergeability,
    mergesItself: found.mergesItself,
    isDraft: found.isDraft,
    labels: found.labels,
    title: found.title,
    body: found.body,
    wantedTitle: isTold ? text.title : found.title,
    wantedBody: isTold && !sameText(found.body, text.body) ? text.body : found.body,
    holds: changes.map((one) => one.id),
    isForeign,
    isNew: !isEdited(found.body) && mark?.isNew === true,
    isOnBase: remembered.base === (await repository.git.snapshot(place.base, { fresh: false })).revision,
  }
  return open
}

/** Hosts change line ends and blanks around a text by themselves. */
function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll(/\r\n?/g, '\n').trim()
  return plain(a) === plain(b)
}

async function gatherMerge({ host, place, found, remembered }: Seen, open: OpenProposal, deps: ObserveDeps) {
  const { clock, fourEyes } = deps
  const [reviews, checks, demands, account] = await Promise.all([
    host.reviews(found?.number ?? 0),
    host.checks(open.head),
    host.demands(place.base),
    host.account(),
  ])
  const state = mergeState({ ...open, reviews, checks })
  const { answer } = remembered
  const isCurrent = answer !== undefined && answer.state === state && clock.monotonicMs() < answer.untilMs
  return {
    fourEyes,
    ownAccounts: [...new Set([account, found?.author ?? account])],
    reviews,
    checks,
    demands,
    lastAnswer: isCurrent ? answer.said : undefined,
    now: clock.now(),
  }
}

/** What a merge was tried with; while nothing of it changes, trying again is useless. */
export function mergeState({
  head,
  mergeability,
  reviews,
  checks,
}: Pick<MergeFacts, 'head' | 'mergeability' | 'reviews' | 'checks'>) {
  return JSON.stringify([head, mergeability, reviews, checks])
}

function nothingToMerge({ fourEyes, clock }: ObserveDeps): ProposalFacts['merge'] {
  return {
    fourEyes,
    ownAccounts: [],
    reviews: [],
    checks: { state: 'none', names: [] },
    demands: { review: false, checks: false, queue: false, mergesItself: false },
    lastAnswer: undefined,
    now: clock.now(),
  }
}

async function count({ host, repository }: Seen, { memory, clock }: ObserveDeps) {
  const hourMs = 3_600_000
  const now = clock.now()
  const open = await host.list(repository.rules.pullRequest.branchPrefix)
  const listed = open.map((one) => one.createdAt.getTime()).filter((one) => one > now.getTime() - hourMs)
  const noted = memory.openedAt(repository.url, now)
  const times = noted.length > listed.length ? noted : listed.sort((a, b) => a - b)
  const nextSlotMs = Math.max(0, (times[0] ?? now.getTime()) + hourMs - now.getTime())
  return { counts: { open: open.length, lastHour: times.length }, nextSlotMs }
}

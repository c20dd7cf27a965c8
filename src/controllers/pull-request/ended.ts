import { readMark } from '../../core/pull-request/mark.ts'
import { approversOf } from '../../core/pull-request/merge.ts'
import { findCommit } from '../../delivery/find-commit.ts'
import type { ProposalMember, ProposalOutcome } from '../../delivery/proposals.ts'
import type { ManagedRepository } from '../../delivery/repositories.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import type { PullRequest, PullRequests } from '../../ports-repository-host.ts'
import type { ContentReader, ProposalContent } from './content.ts'

/** Proposals that are over, looked at for each request: closed ones remember rejections, the newest merged one is news. */
const closedLimit = 10
const mergedLimit = 2
/** So long after a merge Git may not show it yet: hosts answer from copies. */
const lagMs = 600_000

export interface EndedDeps {
  clock: Clock
  content: ContentReader
  repository: ManagedRepository
  host: PullRequests
}

/**
 * What proposals that are over say about requests: merged is approved, closed is rejected (unless fairlead closed it itself),
 * for good and by whom. The host remembers it, so it holds after a lost cluster, too. Requests without an entry are open.
 */
export async function readEnded(
  members: readonly ProposalMember[],
  past: readonly PullRequest[],
  deps: EndedDeps,
): Promise<ReadonlyMap<string, ProposalOutcome>> {
  const verdicts = new Map<string, ProposalOutcome>()
  const merged = past.filter((one) => one.state === 'merged').slice(0, mergedLimit)
  const closed = past.filter((one) => one.state === 'closed' && readMark(one.body)?.withdrawn === undefined)
  const looked = [...merged, ...closed.slice(0, closedLimit)].sort((a, b) => b.number - a.number)
  for (const one of looked) {
    const open = members.filter(({ key }) => !verdicts.has(key))
    if (open.length === 0) break
    const content = await deps.content(deps.host, one)
    for (const member of open.filter((each) => holdsMember(content, each))) {
      const outcome = one.state === 'merged' ? await mergedOutcome(member, one, deps) : await closedOutcome(one, deps)
      verdicts.set(member.key, outcome)
    }
  }
  for (const member of members) {
    const outcome = verdicts.has(member.key) ? undefined : await settledOutcome(member, deps)
    if (outcome !== undefined) verdicts.set(member.key, outcome)
  }
  return verdicts
}

/** The same change, or the same version for the same workload from another one. */
export function holdsMember({ changes }: ProposalContent, { wanted, request }: ProposalMember): boolean {
  const { targets, change } = request.spec
  const workloads = new Set(targets.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`))
  return changes.some(
    (one) => one.id === wanted.id || (one.to === change.to && one.workloads.some((each) => workloads.has(each))),
  )
}

/** What was merged is read from the base, for people may have edited it before. */
async function mergedOutcome(member: ProposalMember, found: PullRequest, deps: EndedDeps): Promise<ProposalOutcome> {
  const { repository, host } = deps
  const link = linkOf(found)
  const preview = await repository
    .queue(found.base)
    .preview(member.look)
    .catch((thrown: unknown) => asFairleadError(thrown))
  if (preview instanceof FairleadError) {
    if (preview.kind !== 'terminal') throw preview
    return { kind: 'refused', link, error: preview }
  }
  const detail = found.merged?.by === undefined ? ((await host.read(found.number)) ?? found) : found
  const { by = 'somebody', at = detail.createdAt, commit } = detail.merged ?? {}
  if (preview.kind === 'change') {
    const isShown = commit !== undefined && (await repository.git.ancestry(commit, preview.base)) === 'yes'
    if (!isShown && deps.clock.now().getTime() < at.getTime() + lagMs) {
      throw new FairleadError('HostInvalid', `${found.url} is merged, and ${found.base} does not show that yet`)
    }
    const message = `pull request #${found.number} was merged by ${by}, and ${found.base} does not hold this change`
    return { kind: 'rejected', link, by, at, message }
  }
  const account = await host.account()
  const approvedBy = by === account ? await approverOf(detail, { host, account }) : by
  const landed = commit ?? (await findCommit(repository.git, member.wanted.id, preview.base)) ?? preview.base
  return { kind: 'merged', link, commit: landed, approvedBy, at }
}

async function approverOf(
  { number, head, author }: PullRequest,
  { host, account }: { host: PullRequests; account: string },
): Promise<string | undefined> {
  const reviews = await host.reviews(number)
  return approversOf({ reviews, head, ownAccounts: [account, author] })[0]
}

async function closedOutcome(found: PullRequest, { host }: EndedDeps): Promise<ProposalOutcome> {
  const detail = found.closed?.by === undefined ? ((await host.read(found.number)) ?? found) : found
  const { by = 'somebody', at = detail.createdAt } = detail.closed ?? {}
  const elsewhere = readMark(found.body)?.rejected
  const why = elsewhere ?? `closed by ${by} without being merged, or its branch was deleted`
  const message = `pull request #${found.number}: ${why}; a newer version will be offered`
  return { kind: 'rejected', link: linkOf(found), by, at, message }
}

/** Somebody else put the value there. */
async function settledOutcome(member: ProposalMember, { repository }: EndedDeps): Promise<ProposalOutcome | undefined> {
  const { from, to, path, branch } = member.request.spec.change
  if (member.standing === from) return undefined
  if (member.standing !== to) {
    const error = new FairleadError('ValueChanged', `${path} holds ${member.standing} now, no more ${from}`)
    return { kind: 'refused', link: undefined, error }
  }
  const head = await repository.git.snapshot(branch, { fresh: false })
  return { kind: 'settled', commit: await findCommit(repository.git, member.wanted.id, head.revision) }
}

/** As a status names it. */
export function linkOf({ number, url }: PullRequest) {
  return { number, url }
}

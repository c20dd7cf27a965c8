import { readTrailerBlocks } from '../core/change/trailer.ts'
import { FairleadError } from '../errors.ts'
import type { PullRequest, PullRequests } from '../ports-repository-host.ts'
import type { Delivery } from './delivery.ts'
import type { Destination } from './destination.ts'

/** A change that a person asked for, as a pull request that only people merge or close. */
export interface LoneProposal {
  destination: Destination
  /** Of our own; nothing else lies on it. */
  branch: string
  delivery: Delivery
  title: string
  /** Markdown. */
  body: string
}

/**
 * Opens the pull request, or takes the open one from that branch and puts the change on it; undefined when the base holds
 * the change already. The refusal of the plan, `HostNotConfigured` without a host, and what host and Git say.
 */
export async function proposeAlone(proposal: LoneProposal): Promise<PullRequest | undefined> {
  const { destination, branch, delivery, title, body } = proposal
  const { repository, branch: base } = destination
  const host = repository.host?.pullRequests
  if (host === undefined) {
    const message = `mode is pull-request, but git.repositories[].host of ${repository.url} is not set; set it, or mode: commit`
    throw new FairleadError('HostNotConfigured', message)
  }
  const open = await findOpen(host, branch, base)
  if (open !== undefined && (await holdsIt(host, open, delivery.id))) return open
  const expected = (await repository.git.remoteHead(branch)) ?? ''
  const { head, concluded } = await repository.propose({ base, branch, expected, deliveries: [delivery] })
  const refusal = concluded[0]?.refusal
  if (refusal !== undefined) throw refusal
  if (head === undefined) return undefined
  if (open !== undefined) {
    await host.edit(open.number, { title, body })
    return open
  }
  const { labels, reviewers, teamReviewers, assignees, draft } = repository.rules.pullRequest
  const opened = await host.open({ branch, base, title, body, isDraft: draft })
  await host.address(opened.number, { labels, reviewers, teamReviewers, assignees })
  return opened
}

async function findOpen(host: PullRequests, branch: string, base: string): Promise<PullRequest | undefined> {
  return (await host.find(branch, base)).find(({ state }) => state === 'open')
}

async function holdsIt(host: PullRequests, { number }: PullRequest, id: string): Promise<boolean> {
  const commits = await host.commits(number)
  const isIt = ([key, value]: readonly [string, string]) => key === 'Fairlead-Id' && value === id
  return commits.some(({ message }) => readTrailerBlocks(message).some((block) => block.some(isIt)))
}

import type { Ident } from '../../core/change/commit.ts'
import { parseTrailers } from '../../core/change/trailer.ts'
import { type ProposedChange, readChanges } from '../../core/pull-request/proposed-change.ts'
import { FairleadError } from '../../errors.ts'
import type { PullRequest, PullRequests } from '../../ports-repository-host.ts'

/** What the commits of a proposal hold. */
export interface ProposalContent {
  changes: readonly ProposedChange[]
  /** Somebody else has put commits on its branch. */
  isForeign: boolean
  /** Names of the clusters whose fairlead made them, as their trailers say. */
  clusters: readonly string[]
}

export type ContentReader = (host: PullRequests, pullRequest: PullRequest) => Promise<ProposalContent>

const limit = 500
/** Hosts show no more. */
const maxCommits = 250

/**
 * Reads the commits of proposals, once for each head. A commit is ours when it carries a `Fairlead-Id` and we committed it,
 * or the host did for our account. That only keeps us off the work of others; what may be merged is decided elsewhere.
 * `HostInvalid` while the host shows the commits of another head: it needs some time after every push.
 */
export function createContentReader(committer: Ident): ContentReader {
  const known = new Map<string, ProposalContent>()
  return async (host, { number, url, head, state }) => {
    const key = `${url} ${head}`
    const before = known.get(key)
    if (before !== undefined) return before
    const account = await host.account()
    const commits = await host.commits(number)
    if (state === 'open' && commits.length < maxCommits && !commits.some((one) => one.id === head)) {
      throw new FairleadError('HostInvalid', `${url} has ${head} at its head and does not show that commit yet`)
    }
    const isOurs = (one: (typeof commits)[number]) => {
      const byUs = one.committer.name === committer.name && one.committer.email === committer.email
      return readChanges([one]).length > 0 && (byUs || one.account === account)
    }
    const content = {
      changes: readChanges(commits),
      isForeign: !commits.every(isOurs),
      clusters: [...new Set(commits.flatMap(({ message }) => parseTrailers(message).get('Fairlead-Cluster') ?? []))],
    }
    known.set(key, content)
    for (const oldest of known.keys()) {
      if (known.size <= limit) break
      known.delete(oldest)
    }
    return content
  }
}

import { commitsBetween, mergeBase } from '../git-host/three-way-merge.ts'
import type { HostedRepository, PullRequest } from './hosted-repository.ts'
import { branchHead } from './revision.ts'

/** Commits it adds to its base, oldest first. */
export function pullCommits(pull: PullRequest): string[] {
  refreshHeads(pull)
  return commitsBetween(pull.repository.git.objects, pull.baseSha, pull.headSha)
}

/** The commit that its files are compared with. */
export function comparedWith({ repository, baseSha, headSha }: PullRequest): string {
  return mergeBase(repository.git.objects, baseSha, headSha) ?? baseSha
}

/** Reads both branches again, while it is open. */
export function refreshHeads(pull: PullRequest): void {
  if (pull.state === 'closed') return
  pull.headSha = branchHead(pull.repository, pull.head) ?? pull.headSha
  pull.baseSha = branchHead(pull.repository, pull.base) ?? pull.baseSha
}

/** Newest first. */
export function listPulls(
  { pulls }: HostedRepository,
  filter: { state?: string; head?: string; base?: string } = {},
): PullRequest[] {
  const { state = 'open', head, base } = filter
  return [...pulls.values()]
    .filter((pull) => state === 'all' || pull.state === state)
    .filter((pull) => head === undefined || pull.head === head)
    .filter((pull) => base === undefined || pull.base === base)
    .reverse()
}

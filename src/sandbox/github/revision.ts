import { commitAt } from '../git-host/git-object.ts'
import { reachableCommits } from '../git-host/reachability.ts'
import type { HostedRepository } from './hosted-repository.ts'

/** Commit at the head of a branch. */
export function branchHead({ git }: HostedRepository, branch: string): string | undefined {
  return git.refs.get(`refs/heads/${branch}`)
}

/** The commit behind an id, a branch or a reference without `refs/`. */
export function resolveCommit(repository: HostedRepository, revision: string): string | undefined {
  const { refs, objects } = repository.git
  const id =
    branchHead(repository, revision) ?? refs.get(`refs/${revision}`) ?? refs.get(`refs/tags/${revision}`) ?? revision
  return /^[0-9a-f]{40}$/.test(id) && commitAt(objects, id) !== undefined ? id : undefined
}

/** Whether `descendant` contains `ancestor`. */
export function isPartOf({ git }: HostedRepository, ancestor: string, descendant: string): boolean {
  return reachableCommits(git.objects, [descendant]).has(ancestor)
}

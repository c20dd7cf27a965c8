import { type Commit, commitAt, zeroId } from '../git-host/git-object.ts'
import { mergeTrees, putCommit } from '../git-host/three-way-merge.ts'
import { type Account, hasRole } from './account.ts'
import { GitHubFailure } from './failure.ts'
import { type MergeMethod, type MergeWish, type PullRequest, roleOf } from './hosted-repository.ts'
import { mergedTree } from './mergeability.ts'
import { mayPassBy, protectionOf, unmetRules } from './protection.ts'
import { pullCommits, refreshHeads } from './pull-request.ts'
import type { Site } from './site.ts'

/** Who makes commits of GitHub itself. */
export const webFlow = 'GitHub <noreply@github.com>'

const cannot = (words: string) => new GitHubFailure(405, words)

/** Merges now or throws GitHub's refusal. Returns the commit that the base points to then. */
export function mergePull(site: Site, pull: PullRequest, wish: MergeWish & { sha?: string | undefined }): string {
  refreshHeads(pull)
  checkMerge(pull, wish)
  return landPull(site, pull, wish)
}

function checkMerge(pull: PullRequest, { by, method, sha }: MergeWish & { sha?: string | undefined }): void {
  const { repository } = pull
  if (!hasRole(roleOf(repository, by.login), 'write')) throw new GitHubFailure(403, 'Must have write access.')
  if (pull.state === 'closed') throw cannot('Pull Request is not mergeable')
  if (pull.isDraft) throw cannot('Pull Request is still a draft')
  if (sha !== undefined && sha !== pull.headSha) {
    throw new GitHubFailure(409, 'Head branch was modified. Review and try the merge again.')
  }
  const forbidden = forbiddenMethod(pull, method)
  if (forbidden !== undefined) throw cannot(forbidden)
  const protection = protectionOf(repository, pull.base)
  if (protection === undefined || mayPassBy(repository, protection, by.login)) return
  if (protection.hasQueue) throw cannot('Changes must be made through the merge queue')
  const [unmet] = unmetRules(pull)
  if (unmet !== undefined) throw cannot(unmet.words)
}

function forbiddenMethod({ repository }: PullRequest, method: MergeMethod): string | undefined {
  const { allowMergeCommit, allowSquashMerge, allowRebaseMerge } = repository.settings
  if (method === 'merge' && !allowMergeCommit) return 'Merge commits are not allowed on this repository.'
  if (method === 'squash' && !allowSquashMerge) return 'Squash merges are not allowed on this repository.'
  if (method === 'rebase' && !allowRebaseMerge) return 'Rebase merges are not allowed on this repository.'
  return undefined
}

/** Makes the commits and moves the base, without asking the rules of the branch. Throws when Git has a conflict. */
export function landPull(site: Site, pull: PullRequest, wish: MergeWish): string {
  const { repository } = pull
  const { by } = wish
  const tree = mergedTree(pull)
  if (tree === 'conflict') throw cannot('Pull Request is not mergeable')
  const commit = mergeCommit(site, pull, wish, tree)
  if (commit === undefined) throw cannot('This branch can’t be rebased')
  const at = site.now()
  Object.assign(pull, { state: 'closed', closed: { by, at }, updatedAt: at, autoMerge: undefined, queued: undefined })
  pull.merged = { by, at, commit }
  site.git.moveRef(repository.git.name, `refs/heads/${pull.base}`, commit, by.login)
  site.tell({ kind: 'pull_request', action: 'closed', pull, sender: by })
  const branch = `refs/heads/${pull.head}`
  if (repository.settings.deleteBranchOnMerge && repository.git.refs.has(branch)) {
    site.git.moveRef(repository.git.name, branch, zeroId, by.login)
  }
  return commit
}

function mergeCommit(site: Site, pull: PullRequest, wish: MergeWish, tree: string): string | undefined {
  const { objects } = pull.repository.git
  if (wish.method === 'rebase') return rebasedCommit(site, pull, wish)
  const head = commitAt(objects, pull.headSha)
  const isSquash = wish.method === 'squash'
  const author = isSquash && head !== undefined ? personOf(pull.author) : personOf(wish.by)
  const time = seconds(site)
  const parents = isSquash ? [pull.baseSha] : [pull.baseSha, pull.headSha]
  const commit: Commit = { tree, parents, author, time, committer: webFlow, message: messageOf(pull, wish) }
  const id = putCommit(objects, commit)
  site.signed.add(id)
  return id
}

/** Every commit once more on top of the base; undefined when one of them does not fit there. */
function rebasedCommit(site: Site, pull: PullRequest, wish: MergeWish): string | undefined {
  const { objects } = pull.repository.git
  let onto = pull.baseSha
  for (const id of pullCommits(pull)) {
    const commit = commitAt(objects, id)
    const parent = commitAt(objects, commit?.parents[0] ?? '')
    const ours = commitAt(objects, onto)
    if (commit === undefined || parent === undefined || ours === undefined || commit.parents.length > 1)
      return undefined
    const tree = mergeTrees(objects, { base: parent.tree, ours: ours.tree, theirs: commit.tree })
    if (tree === 'conflict') return undefined
    const committer = { committer: personOf(wish.by), committerTime: seconds(site) }
    onto = putCommit(objects, { ...commit, ...committer, tree, parents: [onto] })
  }
  return onto
}

function messageOf(pull: PullRequest, { method, title, message }: MergeWish): string {
  const ownTitle =
    method === 'squash'
      ? `${pull.title} (#${pull.number})`
      : `Merge pull request #${pull.number} from ${pull.repository.owner.login}/${pull.head}`
  const text = message ?? (method === 'squash' ? squashedMessages(pull) : pull.title)
  return text === '' ? `${title ?? ownTitle}\n` : `${title ?? ownTitle}\n\n${text.trimEnd()}\n`
}

function squashedMessages(pull: PullRequest): string {
  const { objects } = pull.repository.git
  const messages = pullCommits(pull).map((id) => commitAt(objects, id)?.message.trimEnd() ?? '')
  const [only = ''] = messages
  if (messages.length === 1) return only.split('\n').slice(1).join('\n').trim()
  return messages.map((one) => `* ${one}`).join('\n\n')
}

/** As it stands in a commit. */
export function personOf({ name, email }: Account): string {
  return `${name} <${email}>`
}

/** Seconds since 1970. */
export function seconds(site: Site): number {
  return Math.floor(site.now().getTime() / 1000)
}

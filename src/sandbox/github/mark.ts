import { type Account, hasRole } from './account.ts'
import { GitHubFailure, refused } from './failure.ts'
import { type Comment, fullName, type PullRequest, roleOf } from './hosted-repository.ts'
import { tellPull } from './proposal.ts'
import type { Site } from './site.ts'

/** What is put on a pull request: labels, assignees, requests for review, comments. */

export function addLabels(site: Site, pull: PullRequest, by: Account, names: readonly string[]): void {
  const { labels } = pull.repository
  for (const name of names) {
    const label = labels.get(name.toLowerCase()) ?? { id: site.nextId(), name }
    labels.set(name.toLowerCase(), label)
    if (pull.labels.has(label.name)) continue
    pull.labels.add(label.name)
    tellPull(site, pull, by, 'labeled', { label: { ...label } })
  }
}

export function removeLabel(site: Site, pull: PullRequest, by: Account, name: string): void {
  const label = pull.repository.labels.get(name.toLowerCase())
  if (label === undefined || !pull.labels.delete(label.name)) throw new GitHubFailure(404, 'Label does not exist')
  tellPull(site, pull, by, 'unlabeled', { label: { ...label } })
}

/** Whom the repository does not know is left out silently, as on GitHub. */
export function addAssignees(site: Site, pull: PullRequest, by: Account, logins: readonly string[]): void {
  for (const login of logins) {
    const account = site.accounts.find(login)
    if (account === undefined || !hasRole(roleOf(pull.repository, login), 'read')) continue
    pull.assignees.add(account.login)
    tellPull(site, pull, by, 'assigned')
  }
}

export function requestReviews(
  site: Site,
  pull: PullRequest,
  by: Account,
  { reviewers, teams }: { reviewers: readonly string[]; teams: readonly string[] },
): void {
  const { repository } = pull
  if (reviewers.includes(pull.author.login)) throw refused('Review cannot be requested from pull request author.')
  const isKnown = (login: string) =>
    site.accounts.find(login) !== undefined && repository.roles.has(login.toLowerCase())
  if (!reviewers.every(isKnown) || !teams.every((team) => repository.teams.has(team))) {
    throw refused(
      'Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a ' +
        `collaborator of the ${fullName(repository)} repository.`,
    )
  }
  for (const login of reviewers) pull.reviewers.add(site.accounts.find(login)?.login ?? login)
  for (const team of teams) pull.teams.add(team)
  tellPull(site, pull, by, 'review_requested')
}

export function addComment(site: Site, pull: PullRequest, by: Account, body: string): Comment {
  if (body === '') throw refused('Validation Failed')
  const at = site.now()
  const comment = { id: site.nextId(), by, body, createdAt: at, updatedAt: at }
  pull.comments.push(comment)
  site.tell({ kind: 'issue_comment', action: 'created', pull, sender: by, comment })
  return comment
}

/** One's own; those of others only with write access. */
export function editComment(site: Site, pull: PullRequest, by: Account, comment: Comment, body: string): void {
  if (comment.by.login !== by.login && !hasRole(roleOf(pull.repository, by.login), 'write')) {
    throw new GitHubFailure(403, 'Must have admin rights to Repository.')
  }
  if (comment.body === body) return
  Object.assign(comment, { body, updatedAt: site.now() })
  site.tell({ kind: 'issue_comment', action: 'edited', pull, sender: by, comment })
}

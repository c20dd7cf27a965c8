import type { PushEvent } from '../git-host/git-host.ts'
import { commitAt, zeroId } from '../git-host/git-object.ts'
import { type Account, ghost } from './account.ts'
import type { HostedRepository, PullRequest } from './hosted-repository.ts'
import { closePull } from './proposal.ts'
import { protectionOf } from './protection.ts'
import { listPulls } from './pull-request.ts'
import { refusePush } from './push-rule.ts'
import { isPartOf } from './revision.ts'
import type { Site } from './site.ts'

/** Judges every push to the repositories of the site and follows those that were taken in, until the returned call. */
export function watchPushes(site: Site): () => void {
  const hosted = (event: PushEvent) => site.repositories().find((one) => one.git.name === event.repository)
  site.git.guard((event, isFastForward) => {
    const repository = hosted(event)
    return repository === undefined ? undefined : refusePush(repository, event, isFastForward)
  })
  return site.git.onPush((event) => {
    const repository = hosted(event)
    if (repository !== undefined) followPush(site, repository, event)
  })
}

/** What GitHub does by itself when a branch has moved. */
function followPush(site: Site, repository: HostedRepository, event: PushEvent): void {
  const { ref, before, after } = event
  const sender = pusherOf(site, repository, event)
  site.tell({ kind: 'push', repository, ref, before, after, sender })
  const branch = ref.replace(/^refs\/heads\//, '')
  if (branch === ref) return
  for (const pull of listPulls(repository, { head: branch })) followHead(site, pull, sender, event)
  for (const pull of listPulls(repository, { base: branch })) followBase(site, pull, sender, after)
}

function followHead(site: Site, pull: PullRequest, sender: Account, { before, after }: PushEvent): void {
  if (after === zeroId) {
    closePull(site, pull, sender)
    return
  }
  pull.headSha = after
  pull.updatedAt = site.now()
  if (protectionOf(pull.repository, pull.base)?.dismissesStale === true) {
    for (const review of pull.reviews) if (review.state === 'APPROVED') review.state = 'DISMISSED'
  }
  site.tell({ kind: 'pull_request', action: 'synchronize', pull, sender, more: { before, after } })
}

/** A push that brings all of a pull request into its base has merged it. */
function followBase(site: Site, pull: PullRequest, sender: Account, after: string): void {
  if (after === zeroId) {
    closePull(site, pull, sender)
  } else if (isPartOf(pull.repository, pull.headSha, after)) {
    pull.merged = { by: sender, at: site.now(), commit: pull.headSha }
    closePull(site, pull, sender)
  }
}

function pusherOf(site: Site, { git }: HostedRepository, { pusher, before, after }: PushEvent): Account {
  const commit = commitAt(git.objects, after === zeroId ? before : after)
  const email = /<(.*)>$/.exec(commit?.committer ?? '')?.[1] ?? ''
  return site.accounts.find(pusher ?? '') ?? site.accounts.byEmail(email) ?? site.accounts.add(ghost)
}

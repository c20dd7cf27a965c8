import type { PushEvent } from '../git-host/git-host.ts'
import { zeroId } from '../git-host/git-object.ts'
import type { PushRefusal } from '../git-host/receive-pack.ts'
import { checkResults } from './check.ts'
import type { BranchProtection, HostedRepository } from './hosted-repository.ts'
import { mayPassBy, protectionOf } from './protection.ts'

/** Why a protected branch does not take a push, in the words of GitHub. */
export function refusePush(
  repository: HostedRepository,
  { ref, after, pusher = '' }: PushEvent,
  isFastForward: boolean,
): PushRefusal | undefined {
  const branch = ref.replace(/^refs\/heads\//, '')
  const protection = branch === ref ? undefined : protectionOf(repository, branch)
  if (protection === undefined) return undefined
  const words = whyNot(repository, protection, after, isFastForward)
  if (words === undefined || mayPassBy(repository, protection, pusher)) return undefined
  return protection.kind === 'classic'
    ? {
        reason: 'protected branch hook declined',
        words: `error: GH006: Protected branch update failed for ${ref}.\nerror: ${words}`,
      }
    : {
        reason: 'push declined due to repository rule violations',
        words: `error: GH013: Repository rule violations found for ${ref}.\n- ${words}`,
      }
}

function whyNot(
  repository: HostedRepository,
  { needsPullRequest, reviews, checks, hasQueue }: BranchProtection,
  after: string,
  isFastForward: boolean,
): string | undefined {
  if (after === zeroId) return 'Cannot delete this branch'
  if (!isFastForward) return 'Cannot force-push to this branch'
  if (hasQueue) return 'Changes must be made through the merge queue'
  if (needsPullRequest || reviews > 0) return 'Changes must be made through a pull request.'
  const green = checkResults(repository, after).filter((one) => one.state === 'success')
  const [missing] = checks.filter((name) => !green.some((one) => one.name === name))
  return missing === undefined ? undefined : `Required status check "${missing}" is expected.`
}

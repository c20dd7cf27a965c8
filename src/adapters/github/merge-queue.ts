import { z } from 'zod'
import type { Clock } from '../../ports.ts'
import { readRules } from './demand.ts'
import type { HostedRepository } from './repository.ts'
import type { Pull } from './schema.ts'

/** What is known of the merge queues of one repository. */
export interface MergeQueue {
  /** Whether a pull request waits in the queue now. */
  has(pull: Pull): Promise<boolean>
  /** We put this head into the queue. */
  join(pull: Pick<Pull, 'number' | 'head'>): void
  /** We did so before. */
  hadJoined(pull: Pick<Pull, 'number' | 'head'>): boolean
}

const question = `query ($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) { pullRequest(number: $number) { isInMergeQueue } }
}`
const answerSchema = z.object({ repository: z.object({ pullRequest: z.object({ isInMergeQueue: z.boolean() }) }) })
/** Whether a branch has a queue changes seldom. */
const keptMs = 5 * 60_000

/** The REST API does not tell who waits, so that GraphQL is asked, but only about branches that have a queue. */
export function createMergeQueue(repository: HostedRepository, clock: Clock): MergeQueue {
  const joined = new Map<number, string>()
  const branches = new Map<string, { hasQueue: boolean; until: number }>()

  async function hasQueue(branch: string): Promise<boolean> {
    const known = branches.get(branch)
    if (known !== undefined && known.until > clock.monotonicMs()) return known.hasQueue
    const rules = await readRules(repository, branch)
    const found = { hasQueue: rules.some(({ type }) => type === 'merge_queue'), until: clock.monotonicMs() + keptMs }
    branches.set(branch, found)
    return found.hasQueue
  }

  return {
    async has({ number, state, base }) {
      if (state === 'closed') {
        joined.delete(number)
        return false
      }
      if (!joined.has(number) && !(await hasQueue(base.ref))) return false
      const deed = { words: `asking whether pull request ${number} waits to be merged`, needs: 'Pull requests: read' }
      const variables = { ...repository.place, number }
      const answer = await repository.graphql(deed, { text: question, variables, lane: 'read' })
      return repository.parse(deed, answerSchema, answer).repository.pullRequest.isInMergeQueue
    },
    join({ number, head }) {
      joined.set(number, head.sha)
    },
    hadJoined: ({ number, head }) => joined.get(number) === head.sha,
  }
}

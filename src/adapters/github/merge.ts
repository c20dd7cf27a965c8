import { FairleadError } from '../../errors.ts'
import type { BranchDemands, MergeAnswer, MergeOrder } from '../../ports-repository-host.ts'
import { inLane } from './client.ts'
import { laneOfMessage } from './commit.ts'
import type { Refusal } from './error.ts'
import type { MergeQueue } from './merge-queue.ts'
import { readPull } from './pull-request.ts'
import type { HostedRepository } from './repository.ts'
import { mergeSchema } from './schema.ts'

/** Merging, now or as soon as the host's rules allow. */

const needs = 'Pull requests: write and Contents: write'

export async function mergePullRequest(
  repository: HostedRepository,
  number: number,
  order: MergeOrder,
): Promise<MergeAnswer> {
  const deed = { words: `merging pull request ${number}`, needs }
  const { head, method, title, message } = order
  const answer = await repository.send<MergeAnswer>(
    deed,
    ({ rest }) =>
      rest.pulls.merge({
        ...repository.place,
        ...inLane(laneOfMessage(`${title}\n\n${message}`)),
        pull_number: number,
        sha: head,
        merge_method: method,
        ...(method === 'rebase' ? {} : { commit_title: title, commit_message: message }),
      }),
    mergeAnswerOf,
  )
  if ('kind' in answer) return answer
  return { kind: 'merged', commit: repository.parse(deed, mergeSchema, answer).sha ?? undefined }
}

/**
 * What a refused merge means; undefined when it is no answer about this merge. Source: Kargo's provider for GitHub
 * (its tests of transient 405s) and GitHub's REST documents, "Merge a pull request": 409 is another head.
 */
export function mergeAnswerOf({ status, words }: Pick<Refusal, 'status' | 'words'>): MergeAnswer | undefined {
  if (status === 409) return { kind: 'moved', words }
  if (status !== 405) return undefined
  if (/base branch was modified|pull request is not mergeable/i.test(words)) return { kind: 'later', words }
  if (/head branch was modified/i.test(words)) return { kind: 'moved', words }
  return { kind: /not allowed/i.test(words) ? 'forbidden' : 'ruled-out', words }
}

const autoMerge = `mutation ($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { clientMutationId }
}`
const enqueue = `mutation ($input: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $input) { clientMutationId }
}`

const leaveAutoMerge = `mutation ($id: ID!) {
  disablePullRequestAutoMerge(input: { pullRequestId: $id }) { clientMutationId }
}`
const dequeue = `mutation ($id: ID!) {
  dequeuePullRequest(input: { id: $id }) { clientMutationId }
}`

export type WaitingMergeAnswer = MergeAnswer | { kind: 'accepted' }

/**
 * Leaves a merge to the host: in its queue where the branch has one, and else as auto-merge. The queue has a method and
 * message of its own.
 */
export async function mergeWhenReady(
  repository: HostedRepository,
  number: number,
  order: MergeOrder,
  { demandsOf, mergeQueue }: { demandsOf: (base: string) => Promise<BranchDemands>; mergeQueue: MergeQueue },
): Promise<WaitingMergeAnswer> {
  const found = await readPull(repository, number)
  if (found === undefined)
    throw new FairleadError('HostNotFound', `${repository.name}: there is no pull request ${number} to merge`)
  const { node_id: id, base, head } = found.pull
  if (head.sha !== order.head) return { kind: 'moved', words: `the head is ${head.sha.slice(0, 12)} by now` }
  const { queue } = await demandsOf(base.ref)
  if (queue && mergeQueue.hadJoined(found.pull)) {
    // Once more would fail once more, and cost everybody in the queue another round of checks.
    const words = 'the merge queue took it out; it is put in again when its head is another one'
    return (await mergeQueue.has(found.pull)) ? { kind: 'accepted' } : { kind: 'ruled-out', words }
  }
  const deed = {
    words: queue
      ? `putting pull request ${number} into the merge queue`
      : `leaving the merge of pull request ${number}`,
    needs,
  }
  const target = { pullRequestId: id, expectedHeadOid: order.head }
  const text = order.method === 'rebase' ? {} : { commitHeadline: order.title, commitBody: order.message }
  const input = queue ? target : { ...target, mergeMethod: order.method.toUpperCase(), ...text }
  const answer = await repository.graphql<WaitingMergeAnswer>(
    deed,
    {
      text: queue ? enqueue : autoMerge,
      variables: { input },
      lane: laneOfMessage(`${order.title}\n\n${order.message}`),
    },
    waitingMergeAnswerOf,
  )
  const answered: WaitingMergeAnswer = 'kind' in answer ? answer : { kind: 'accepted' }
  if (queue && answered.kind === 'accepted') mergeQueue.join(found.pull)
  return answered
}

/** Source: what people quote from GitHub: "Pull request is in clean status", "already in the queue", "not allowed". */
export function waitingMergeAnswerOf({
  status,
  words,
  types,
}: Pick<Refusal, 'status' | 'words' | 'types'>): WaitingMergeAnswer | undefined {
  if (status !== 200 || types.some((type) => type !== 'UNPROCESSABLE' && type !== 'STALE_DATA' && type !== '')) {
    return undefined
  }
  if (/already in the queue|already queued|already enabled/i.test(words)) return { kind: 'accepted' }
  if (types.includes('STALE_DATA') || /head (?:branch was modified|sha|oid)|expected head/i.test(words)) {
    return { kind: 'moved', words }
  }
  return /something went wrong/i.test(words) ? undefined : { kind: 'ruled-out', words }
}

/** Takes a merge back that was left to the host, from the queue or as auto-merge. */
export async function stopMerging(repository: HostedRepository, number: number, mergeQueue: MergeQueue): Promise<void> {
  const found = await readPull(repository, number)
  if (found === undefined || found.pull.state === 'closed') return
  const { node_id: id, auto_merge } = found.pull
  const isQueued = await mergeQueue.has(found.pull)
  if (!isQueued && (auto_merge ?? null) === null) return
  const deed = { words: `taking back the merge of pull request ${number}`, needs }
  const text = isQueued ? dequeue : leaveAutoMerge
  await repository.graphql<object>(deed, { text, variables: { id }, lane: 'merge' }, ({ words }) =>
    // Somebody was faster.
    /not (?:in|enabled|queued)|can't disable|disabled/i.test(words) ? {} : undefined,
  )
}

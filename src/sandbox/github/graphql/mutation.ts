import { type Fields, textAt } from '../../json.ts'
import { type Account, hasRole } from '../account.ts'
import { disableAutoMerge, enableAutoMerge, enqueuePull } from '../auto-merge.ts'
import { type HostedRepository, type MergeWish, type PullRequest, roleOf } from '../hosted-repository.ts'
import type { Call } from '../route.ts'
import { checkToken, type Need } from '../token.ts'
import { nodeId } from '../view/user-json.ts'
import { commitOnBranch } from './commit-on-branch.ts'
import { GraphqlFailure } from './graphql-failure.ts'
import { pullFields, queueEntry } from './pull-fields.ts'

type Mutation = (call: Call, by: Account, input: Fields) => unknown

/** What can be changed here, by the names of GitHub's schema. */
export const mutations: Readonly<Record<string, Mutation>> = {
  enablePullRequestAutoMerge(call, by, input) {
    const pull = pullOf(call, by, input)
    const expected = input['expectedHeadOid']
    if (typeof expected === 'string' && expected !== pull.headSha) {
      throw new GraphqlFailure('UNPROCESSABLE', 'Head branch was modified')
    }
    enableAutoMerge(call.site, pull, wishOf(by, input))
    return payload(call, by, input, pull)
  },
  disablePullRequestAutoMerge(call, by, input) {
    const pull = pullOf(call, by, input)
    disableAutoMerge(call.site, pull, by)
    return payload(call, by, input, pull)
  },
  enqueuePullRequest(call, by, input) {
    const pull = pullOf(call, by, input)
    const expected = input['expectedHeadOid']
    enqueuePull(call.site, pull, { by, method: 'merge' }, typeof expected === 'string' ? expected : undefined)
    const entry = pull.queued === undefined ? null : queueEntry(pull.queued)
    return { clientMutationId: input['clientMutationId'] ?? null, mergeQueueEntry: entry }
  },
  markPullRequestReadyForReview(call, by, input) {
    const pull = pullOf(call, by, input)
    pull.isDraft = false
    return payload(call, by, input, pull)
  },
  convertPullRequestToDraft(call, by, input) {
    const pull = pullOf(call, by, input)
    pull.isDraft = true
    return payload(call, by, input, pull)
  },
  createCommitOnBranch(call, by, input) {
    const repository = branchRepository(call, input)
    admit(call, by, repository, { permission: 'contents', level: 'write' })
    return { clientMutationId: input['clientMutationId'] ?? null, ...commitOnBranch(call.site, repository, by, input) }
  },
}

function payload({ site }: Call, by: Account, input: Fields, pull: PullRequest) {
  return {
    clientMutationId: input['clientMutationId'] ?? null,
    actor: { login: by.login },
    pullRequest: pullFields(site, pull),
  }
}

function wishOf(by: Account, input: Fields): MergeWish {
  const method = (['merge', 'squash', 'rebase'] as const).find((one) => one.toUpperCase() === input['mergeMethod'])
  const optional = (field: string) => (typeof input[field] === 'string' ? textAt(input, field) : undefined)
  return { by, method: method ?? 'merge', title: optional('commitHeadline'), message: optional('commitBody') }
}

function pullOf(call: Call, by: Account, input: Fields): PullRequest {
  const id = textAt(input, 'pullRequestId')
  for (const repository of call.site.repositories()) {
    for (const pull of repository.pulls.values()) {
      if (nodeId('PullRequest', pull.id) !== id) continue
      admit(call, by, repository, { permission: 'pull_requests', level: 'write' })
      return pull
    }
  }
  throw new GraphqlFailure('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`)
}

function branchRepository({ site }: Call, input: Fields): HostedRepository {
  const name = textAt(input, 'branch', 'repositoryNameWithOwner')
  const found = site.find(name)
  if (found === undefined) {
    throw new GraphqlFailure('NOT_FOUND', `Could not resolve to a Repository with the name '${name}'.`)
  }
  return found
}

function admit({ token }: Call, { login }: Account, repository: HostedRepository, need: Need): void {
  const role = roleOf(repository, login)
  if (!hasRole(role, 'read')) throw new GraphqlFailure('NOT_FOUND', 'Could not resolve to a Repository.')
  checkToken(token, need, repository)
  if (repository.isArchived) throw new GraphqlFailure('UNPROCESSABLE', 'Repository was archived so is read-only.')
  if (hasRole(role, 'write')) return
  throw new GraphqlFailure('FORBIDDEN', `${login} does not have the correct permissions to execute this mutation`)
}

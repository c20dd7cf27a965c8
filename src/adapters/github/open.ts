import { parseRepositoryUrl } from '../../core/change/repository-url.ts'
import { FairleadError } from '../../errors.ts'
import type { Log } from '../../ports.ts'
import type { PullRequests, RepositoryHost } from '../../ports-repository-host.ts'
import { type AccountDeps, type Accounts, createAccounts } from './account.ts'
import { readChecks } from './check.ts'
import { writeComment } from './comment.ts'
import { commitOnBranch } from './commit.ts'
import { readDemands } from './demand.ts'
import { type GitHubLogin, isFresh } from './login.ts'
import { mergePullRequest, mergeWhenReady, stopMerging } from './merge.ts'
import { createMergeQueue } from './merge-queue.ts'
import { createOutcomes } from './outcome.ts'
import { addressPullRequest, deleteBranch, editPullRequest, openPullRequest, removeLabel } from './proposal.ts'
import { listCommits } from './proposed-commit.ts'
import { findPullRequests, listPullRequests, readPullRequest } from './pull-request.ts'
import { createHostedRepository, type HostedRepository, placeOf } from './repository.ts'
import { createWriteCheck, listReviews } from './review.ts'
import { userSchema } from './schema.ts'

export interface GitHubSettings {
  /** Of the Git repository, in any spelling. */
  url: string
  /** Empty: `https://api.github.com` for github.com, else `https://HOST/api/v3`. */
  apiURL: string
  login: GitHubLogin
  /** Globs of `owner/repository`: application repositories that may be told what was deployed. */
  deployments: readonly string[]
}

export interface GitHubDeps extends AccountDeps {
  log: Log
  /** Shared by the repositories of one process; without it the repository has a budget of its own. */
  accounts?: Accounts
}

export interface GitHub {
  host: RepositoryHost
  /** A token for Git over HTTPS, good for some minutes at least. */
  gitToken: () => Promise<string>
}

/** Opens one repository at GitHub or a GitHub Enterprise Server. Nothing is asked yet. `ConfigInvalid` for a bad address. */
export function createGitHub(settings: GitHubSettings, deps: GitHubDeps): GitHub {
  const address = parseRepositoryUrl(settings.url)
  const apiURL = apiAddress(settings.apiURL, address.host)
  const client = (deps.accounts ?? createAccounts(deps)).client(apiURL, settings.login)
  const open = (place: HostedRepository['place']) => {
    const name = `${address.host}/${place.owner}/${place.repo}`
    return createHostedRepository({ place, name, log: deps.log }, client)
  }
  const repository = open(ownPlace(address.path))
  return {
    host: {
      pullRequests: createPullRequests(repository, deps),
      outcomes: createOutcomes(repository, { host: address.host, allowed: settings.deployments, open }),
      commits: { commit: (order) => commitOnBranch(repository, order) },
    },
    async gitToken() {
      const token = await client.login.token()
      // Git would take it for a final refusal when the host does not know the token yet; here it is tried again.
      if (isFresh(client.login)) await readRepository(repository)
      return token
    },
  }
}

function apiAddress(configured: string, host: string): string {
  const address =
    configured === '' ? `https://${host === 'github.com' ? 'api.github.com' : `${host}/api/v3`}` : configured
  return address.replace(/\/+$/, '')
}

function ownPlace(path: string): HostedRepository['place'] {
  const place = placeOf(path)
  if (place !== undefined) return place
  throw new FairleadError('ConfigInvalid', `${path} is no repository at GitHub; its address ends in OWNER/NAME`)
}

function createPullRequests(repository: HostedRepository, { clock }: GitHubDeps): PullRequests {
  const mayWrite = createWriteCheck(repository, clock)
  const mergeQueue = createMergeQueue(repository, clock)
  let account: string | undefined
  const demands: PullRequests['demands'] = (base) => readDemands(repository, base)
  const whoAmI = async () => {
    account ??= (await repository.appAccount()) ?? (await askUser(repository))
    return account
  }
  return {
    account: whoAmI,
    list: (prefix) => listPullRequests(repository, prefix),
    find: (branch, base) => findPullRequests(repository, branch, base),
    read: (number) => readPullRequest(repository, number, mergeQueue.has),
    commits: (number) => listCommits(repository, number),
    reviews: (number) => listReviews(repository, number, mayWrite),
    checks: (commit) => readChecks(repository, commit),
    demands,
    open: (draft) => openPullRequest(repository, draft),
    address: (number, audience) => addressPullRequest(repository, number, audience),
    edit: (number, change) => editPullRequest(repository, number, change),
    removeLabel: (number, label) => removeLabel(repository, number, label),
    merge: (number, order) => mergePullRequest(repository, number, order),
    mergeWhenReady: (number, order) => mergeWhenReady(repository, number, order, { demandsOf: demands, mergeQueue }),
    stopMerging: (number) => stopMerging(repository, number, mergeQueue),
    comment: async (number, marker, text) =>
      writeComment(repository, number, { account: await whoAmI(), marker, text }),
    deleteBranch: (branch) => deleteBranch(repository, branch),
  }
}

async function readRepository(repository: HostedRepository): Promise<void> {
  const deed = { words: 'asking for the repository', needs: 'Metadata: read' }
  await repository.send(deed, ({ rest }) => rest.repos.get(repository.place))
}

async function askUser(repository: HostedRepository): Promise<string> {
  const deed = { words: 'asking whose token it is', needs: '' }
  const answer = await repository.send(deed, ({ rest }) => rest.users.getAuthenticated())
  return repository.parse(deed, userSchema, answer).login
}

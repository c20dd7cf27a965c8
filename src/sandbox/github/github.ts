import type { GitHost } from '../git-host/git-host.ts'
import type { FileChanges } from '../git-host/repository.ts'
import { type Exchange, listenOnLoopback, sendText } from '../loopback.ts'
import { createAccounts, type Role } from './account.ts'
import { type ApiParts, answerApi } from './api.ts'
import { createFaults, type Effect, type RequestMatch } from './fault.ts'
import { answerGit, isGitPath } from './git-access.ts'
import { fullName, type HostedRepository } from './hosted-repository.ts'
import { createLimits } from './limit.ts'
import { followPush } from './push.ts'
import { refusePush } from './push-rule.ts'
import { controlRepository, type RepositoryControl } from './repository-control.ts'
import type { LoggedRequest } from './request-log.ts'
import { answerRest } from './rest.ts'
import type { MergeabilityLag, Site } from './site.ts'
import { createTokens, type NewToken } from './token.ts'

export interface GitHubOptions {
  /** Holds the repositories. Their names are full names such as `acme/gitops`. */
  git: GitHost
  /** Default: one read after each push says that mergeability is unknown. */
  lag?: Partial<MergeabilityLag>
  /** Calls of an account in an hour; default 5,000. */
  hourlyLimit?: number
  /** Default: the clock of this machine. */
  now?: () => Date
}

export interface NewRepository {
  /** First files of a Git repository that the host does not have yet. */
  files?: FileChanges
  isPrivate?: boolean
}

/** A GitHub Enterprise server that lives in this process. */
export interface GitHubSandbox {
  /** `http://127.0.0.1:<port>`: web pages, and Git at `<url>/<owner>/<name>.git`. */
  url: string
  /** `<url>/api/v3`; GraphQL is at `<url>/api/graphql`. */
  apiUrl: string
  /** Takes a repository of the Git host in, or makes it; the same one again later. */
  repository(fullName: string, options?: NewRepository): RepositoryControl
  /** A person with that role in every repository that names no other. Returns a classic token with scope `repo`. */
  person(login: string, role?: Role): string
  /** A further token of a person. */
  token(login: string, token?: Partial<NewToken>): string
  revoke(token: string): void
  /** The next matching requests are answered so. */
  fail(match: RequestMatch, answer: { status: number; message?: string; headers?: Record<string, string> }): void
  /** The connections of the next matching requests break, before or after their effect. */
  dropNext(match: RequestMatch, when: 'before' | 'after'): void
  delayNext(match: RequestMatch, ms: number): void
  lag(lag: Partial<MergeabilityLag>): void
  /** That account has so many calls left, until `resetMs` from now. */
  leave(login: string, remaining: number, resetMs?: number): void
  /** Whether answers name the commit of a merge; they do unless this said otherwise. */
  saysMergeCommit(says: boolean): void
  /** To the API, oldest first. */
  requests: LoggedRequest[]
  close(): Promise<void>
}

export async function startGitHub(options: GitHubOptions): Promise<GitHubSandbox> {
  const { git, now = () => new Date() } = options
  const repositories: HostedRepository[] = []
  const everywhere = new Map<string, Role>()
  const controls = new Map<HostedRepository, RepositoryControl>()
  const requests: LoggedRequest[] = []
  const faults = createFaults()
  const limits = createLimits(now, options.hourlyLimit)
  const tokens = createTokens(now)
  let lastId = 1000
  const nextId = () => {
    lastId += 1
    return lastId
  }
  const accounts = createAccounts(nextId)
  const loopback = await listenOnLoopback((exchange) => answer(exchange))
  const site: Site = {
    url: loopback.url,
    apiUrl: `${loopback.url}/api/v3`,
    git,
    accounts,
    lag: { reads: 1, ms: 0, ...options.lag },
    signed: new Set(),
    saysMergeCommit: true,
    find: (name) => findRepository(repositories, name),
    repositories: () => repositories,
    now,
    nextId,
    tell: () => undefined,
  }
  const api: ApiParts = { site, tokens, limits, faults, requests, answer: answerRest }
  git.guard((event, isFastForward) => {
    const repository = repositories.find((one) => one.git.name === event.repository)
    return repository === undefined ? undefined : refusePush(repository, event, isFastForward)
  })
  const stop = git.onPush((event) => {
    const repository = repositories.find((one) => one.git.name === event.repository)
    if (repository !== undefined) followPush(site, repository, event)
  })

  async function answer(exchange: Exchange): Promise<void> {
    const { pathname } = exchange.url
    if (pathname.startsWith('/api/')) await answerApi(api, exchange)
    else if (isGitPath(pathname)) await answerGit(site, tokens, exchange)
    else sendText(exchange.response, 404, 'not found\n')
  }

  function addRepository(name: string, { files = {}, isPrivate = true }: NewRepository): RepositoryControl {
    const [owner = '', short = ''] = name.split('/')
    if (git.repository(name) === undefined) git.createRepository(name, files)
    const objects = git.repository(name)
    if (objects === undefined || short === '') throw new Error(`${name} is not a full name such as acme/gitops`)
    const repository: HostedRepository = {
      ...{ id: nextId(), owner: accounts.add(owner, { type: 'Organization' }), name: short, git: objects },
      ...{ formerNames: new Set(), isPrivate, isArchived: false, createdAt: now() },
      settings: {
        ...{ allowMergeCommit: true, allowSquashMerge: true, allowRebaseMerge: true },
        ...{ allowAutoMerge: false, deleteBranchOnMerge: false, hasHooks: false },
      },
      ...{ roles: new Map(everywhere), teams: new Set(), protections: new Map(), labels: new Map(), pulls: new Map() },
      ...{ statuses: [], checkRuns: [], deployments: [] },
    }
    repositories.push(repository)
    const control = controlRepository(site, repository, () => undefined)
    controls.set(repository, control)
    return control
  }

  function give(login: string, token: Partial<NewToken> = {}): string {
    return tokens.add({ account: accounts.add(login), kind: 'classic', scopes: ['repo'], ...token }).value
  }

  return {
    url: site.url,
    apiUrl: site.apiUrl,
    repository(name, rest = {}) {
      const found = site.find(name)
      return (found === undefined ? undefined : controls.get(found)) ?? addRepository(name, rest)
    },
    person(login, role = 'write') {
      everywhere.set(login.toLowerCase(), role)
      for (const { roles } of repositories) if (!roles.has(login.toLowerCase())) roles.set(login.toLowerCase(), role)
      return give(login)
    },
    token: give,
    revoke: (token) => tokens.revoke(token),
    fail: (match, { status, message = 'a failure asked for by the test', headers = {} }) =>
      faults.add(match, { kind: 'answer', status, message, headers } satisfies Effect),
    dropNext: (match, when) => faults.add(match, { kind: 'drop', when }),
    delayNext: (match, ms) => faults.add(match, { kind: 'delay', ms }),
    lag: (lag) => void Object.assign(site.lag, lag),
    leave: (login, remaining, resetMs = 3_600_000) => limits.leave(login, remaining, resetMs),
    saysMergeCommit(says) {
      site.saysMergeCommit = says
    },
    requests,
    async close() {
      stop()
      await loopback.close()
    },
  }
}

function findRepository(repositories: readonly HostedRepository[], name: string): HostedRepository | undefined {
  const key = name.toLowerCase()
  const current = repositories.find((one) => fullName(one).toLowerCase() === key)
  return current ?? repositories.find((one) => one.formerNames.has(key))
}

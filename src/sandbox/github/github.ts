import type { GitHost } from '../git-host/git-host.ts'
import { type Exchange, listenOnLoopback } from '../loopback.ts'
import { createAccounts, type Role } from './account.ts'
import { answerApi } from './api.ts'
import { type App, answerApp, isAppPath } from './app.ts'
import { advanceQueues, settleAutoMerges } from './auto-merge.ts'
import { createFaults, type RequestMatch } from './fault.ts'
import { answerGit, isGitPath } from './git-access.ts'
import { answerGraphql } from './graphql/graphql.ts'
import { createLimits } from './limit.ts'
import { watchPushes } from './push.ts'
import { createRepositories, type NewRepository } from './repositories.ts'
import type { RepositoryControl } from './repository-control.ts'
import type { LoggedRequest } from './request-log.ts'
import { answerRest } from './rest.ts'
import type { Call, Reply } from './route.ts'
import type { MergeabilityLag, Site } from './site.ts'
import { createTokens, type NewToken, type Permissions } from './token.ts'
import { answerWeb } from './web/web.ts'
import { createWebhooks, type Webhooks } from './webhook.ts'

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
  /** An app with one installation, whose bot has write access everywhere. */
  app(app: NewApp): { id: number; clientId: string; installation: number; login: string }
  /** A further token of a person. */
  token(login: string, token?: Partial<NewToken>): string
  revoke(token: string): void
  /** The next matching requests are answered so. */
  fail(match: RequestMatch, answer: { status: number; message?: string; headers?: Record<string, string> }): void
  /** The connections of the next matching requests break, before or after their effect. */
  dropNext(match: RequestMatch, when: 'before' | 'after'): void
  delayNext(match: RequestMatch, ms: number): void
  /** The next matching requests hit a secondary limit; default 403 and 60 seconds. */
  limitNext(match: RequestMatch, limit?: { status?: 403 | 429; retryAfterSeconds?: number }): void
  lag(lag: Partial<MergeabilityLag>): void
  /** That account has so many calls left, until `resetMs` from now. */
  leave(login: string, remaining: number, resetMs?: number): void
  /** Whether answers name the commit of a merge; they do unless this said otherwise. */
  saysMergeCommit(says: boolean): void
  /** To the API, oldest first. */
  requests: LoggedRequest[]
  /** Sends events there from now on, of these kinds or of all. */
  subscribe(url: string, secret: string, events?: readonly string[]): void
  webhooks: Pick<Webhooks, 'deliveries' | 'redeliver' | 'settled'>
  close(): Promise<void>
}

export interface NewApp {
  slug: string
  /** PEM of the public half of its RSA key. */
  publicKey: string
  permissions: Permissions
  /** Full names; every repository without. */
  repositories?: readonly string[]
  /** Life of its tokens; default an hour. */
  tokenMs?: number
  /** So many calls with a fresh token are answered with 404, as GitHub's replicas do; default 0. */
  freshTokenMisses?: number
}

export async function startGitHub(options: GitHubOptions): Promise<GitHubSandbox> {
  const { git, now = () => new Date() } = options
  const requests: LoggedRequest[] = []
  const apps: App[] = []
  const faults = createFaults()
  const limits = createLimits(now, options.hourlyLimit)
  const tokens = createTokens(now)
  const webhooks = createWebhooks()
  const nextId = createCounter(1000)
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
    find: (name) => repositories.find(name),
    repositories: () => repositories.all(),
    now,
    nextId,
    tell: (happening) => webhooks.tell(site, happening),
  }
  const repositories = createRepositories(site)
  const stop = watchPushes(site)

  function answerCall(call: Call): Reply {
    advanceQueues(site)
    try {
      if (call.path === '/graphql') return answerGraphql(call)
      return isAppPath(call.path) ? answerApp(apps, tokens, call) : answerRest(call)
    } finally {
      if (call.method !== 'GET') settleAutoMerges(site)
    }
  }

  async function answer(exchange: Exchange): Promise<void> {
    const { pathname } = exchange.url
    const parts = { site, tokens, limits, faults, requests, answer: answerCall }
    if (pathname.startsWith('/api/')) await answerApi(parts, exchange)
    else if (isGitPath(pathname)) await answerGit(site, tokens, exchange)
    else {
      await answerWeb(site, exchange)
      if (exchange.method === 'POST') settleAutoMerges(site)
    }
  }

  function give(login: string, token: Partial<NewToken> = {}): string {
    return tokens.add({ account: accounts.add(login), kind: 'classic', scopes: ['repo'], ...token }).value
  }

  return {
    url: site.url,
    apiUrl: site.apiUrl,
    repository: repositories.take,
    person(login, role = 'write') {
      accounts.add(login)
      repositories.grant(login, role)
      return give(login)
    },
    app({ slug, publicKey, permissions, repositories: names, tokenMs = 3_600_000, freshTokenMisses = 0 }) {
      const bot = accounts.add(`${slug}[bot]`, { type: 'Bot' })
      const owner = repositories.all()[0]?.owner ?? accounts.add('acme', { type: 'Organization' })
      const [id, installation] = [nextId(), nextId()]
      const clientId = `Iv1.${id.toString(16).padStart(16, '0')}`
      apps.push({
        ...{ id, clientId, slug, installation, bot, owner, publicKey, permissions, repositories: names },
        ...{ tokenMs, freshTokenMisses, isSuspended: false },
      })
      repositories.grant(bot.login, 'write')
      return { id, clientId, installation, login: bot.login }
    },
    token: give,
    revoke: (token) => tokens.revoke(token),
    fail: (match, { status, message = 'a failure asked for by the test', headers = {} }) =>
      faults.add(match, { kind: 'answer', status, message, headers }),
    dropNext: (match, when) => faults.add(match, { kind: 'drop', when }),
    delayNext: (match, ms) => faults.add(match, { kind: 'delay', ms }),
    limitNext: (match, { status = 403, retryAfterSeconds = 60 } = {}) =>
      faults.add(match, {
        kind: 'answer',
        status,
        message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
        headers: { 'retry-after': String(retryAfterSeconds) },
      }),
    lag: (lag) => void Object.assign(site.lag, lag),
    leave: (login, remaining, resetMs = 3_600_000) => limits.leave(login, remaining, resetMs),
    saysMergeCommit(says) {
      site.saysMergeCommit = says
    },
    requests,
    subscribe: (url, secret, events) => webhooks.subscribe({ url, secret, events }),
    webhooks,
    async close() {
      stop()
      webhooks.close()
      await loopback.close()
    },
  }
}

function createCounter(start: number): () => number {
  let last = start
  return () => {
    last += 1
    return last
  }
}

import type { Fields } from '../json.ts'
import { type Account, ghost, hasRole, type Role } from './account.ts'
import { GitHubFailure, notFound } from './failure.ts'
import { type HostedRepository, type PullRequest, roleOf } from './hosted-repository.ts'
import type { Site } from './site.ts'
import { checkToken, type Need, type Token } from './token.ts'

/** A request to the API, read. */
export interface Call {
  site: Site
  method: string
  /** Below the API's root. */
  path: string
  query: URLSearchParams
  body: Fields
  token: Token | undefined
  /** As it came, for calls of apps. */
  authorization: string
}

export interface Reply {
  status: number
  body?: unknown
  headers?: Readonly<Record<string, string>>
}

/** A call of something in a repository, by somebody who may do it. */
export interface RepositoryCall extends Call {
  repository: HostedRepository
  /** Who calls; the ghost when nobody says so. */
  by: Account
  role: Role
  params: Readonly<Record<string, string>>
}

/** One method on one path below `/repos/OWNER/NAME`. */
export interface Route {
  method: string
  pattern: RegExp
  need: Need
  role: Role
  answer: (call: RepositoryCall) => Reply
}

/**
 * `path` has `:name` for one part, `:name+` for all that follows. `need` is the permission of the token, such as
 * `pull_requests:write`; the account must have the role of `role`, by default read or write like the permission.
 */
export function route(
  method: string,
  path: string,
  need: `${Need['permission']}:${Need['level']}`,
  answer: Route['answer'],
  role: Role = need.endsWith(':read') ? 'read' : 'write',
): Route {
  const source = path
    .replaceAll(/:(\w+)\+/g, '(?<$1>.+)')
    .replaceAll(/:(number|id)\b/g, '(?<$1>\\d+)')
    .replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')
  const [permission, level] = need.split(':') as [Need['permission'], Need['level']]
  return { method, pattern: new RegExp(`^${source}$`), need: { permission, level }, role, answer }
}

/** Answers a call below `/repos/OWNER/NAME`. `rest` is what follows there. */
export function callRepository(
  routes: readonly Route[],
  call: Call,
  repository: HostedRepository,
  rest: string,
): Reply {
  for (const one of routes) {
    const match = one.method === call.method ? one.pattern.exec(rest) : null
    if (match === null) continue
    const by = call.token?.account ?? call.site.accounts.add(ghost)
    const role = call.token === undefined ? (repository.isPrivate ? 'none' : 'read') : roleOf(repository, by.login)
    if (!hasRole(role, 'read')) throw notFound()
    checkToken(call.token, one.need, repository)
    // What an installation may do is in its permissions alone.
    if (call.token?.kind !== 'installation' && !hasRole(role, one.role)) throw lacking(one.role, call.token)
    if (repository.isArchived && call.method !== 'GET') {
      throw new GitHubFailure(403, 'Repository was archived so is read-only.')
    }
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
    )
    return one.answer({ ...call, repository, by, role, params })
  }
  throw notFound()
}

function lacking(role: Role, token: Token | undefined): GitHubFailure {
  if (token?.kind === 'fine-grained') return new GitHubFailure(403, 'Resource not accessible by personal access token')
  return new GitHubFailure(403, role === 'admin' ? 'Must have admin rights to Repository.' : 'Must have write access.')
}

/** The pull request that the path names. */
export function pullOf({ repository, params }: RepositoryCall): PullRequest {
  const pull = repository.pulls.get(Number(params['number']))
  if (pull === undefined) throw notFound()
  return pull
}

/** One page of a list, with the links to the others. `wrap` puts it into an object. */
export function pageOf<T>(
  call: Call,
  all: readonly T[],
  render: (one: T) => unknown,
  wrap: (page: readonly unknown[]) => unknown = (page) => page,
): Reply {
  const perPage = Math.min(100, Math.max(1, Number(call.query.get('per_page') ?? 30) || 30))
  const page = Math.max(1, Number(call.query.get('page') ?? 1) || 1)
  const last = Math.max(1, Math.ceil(all.length / perPage))
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(to))
    return `<${call.site.apiUrl}${call.path}?${query}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ]
  const body = wrap(all.slice((page - 1) * perPage, page * perPage).map(render))
  return { status: 200, body, ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }) }
}

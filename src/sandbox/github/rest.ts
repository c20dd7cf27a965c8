import { GitHubFailure, notFound } from './failure.ts'
import { fullName, type HostedRepository } from './hosted-repository.ts'
import { type Call, callRepository, type Reply, type Route } from './route.ts'
import { branchRoutes } from './routes/branch-routes.ts'
import { commitRoutes } from './routes/commit-routes.ts'
import { deploymentRoutes } from './routes/deployment-routes.ts'
import { issueRoutes } from './routes/issue-routes.ts'
import { pullRoutes } from './routes/pull-routes.ts'
import { repositoryRoutes } from './routes/repository-routes.ts'
import { userJson } from './view/user-json.ts'

const routes: readonly Route[] = [
  ...repositoryRoutes,
  ...pullRoutes,
  ...issueRoutes,
  ...commitRoutes,
  ...branchRoutes,
  ...deploymentRoutes,
]

/** Answers a call of the REST API. */
export function answerRest(call: Call): Reply {
  const { site, path, method } = call
  if (path === '/user' && method === 'GET') return answerUser(call)
  if (path === '/meta' || path === '/') return { status: 200, body: { installed_version: '3.17.0' } }
  const byId = /^\/repositories\/(\d+)(.*)$/.exec(path)
  if (byId !== null) {
    const repository = site.repositories().find((one) => one.id === Number(byId[1]))
    if (repository === undefined) throw notFound()
    return callRepository(routes, call, repository, byId[2] ?? '')
  }
  const [, name = '', rest = ''] = /^\/repos\/([^/]+\/[^/]+)(.*)$/.exec(path) ?? []
  const repository = site.find(decodeURIComponent(name))
  if (repository === undefined) throw notFound()
  if (!isCurrent(repository, name)) throw moved(call, repository, rest)
  return callRepository(routes, call, repository, rest)
}

function isCurrent(repository: HostedRepository, name: string): boolean {
  return fullName(repository).toLowerCase() === decodeURIComponent(name).toLowerCase()
}

/** A renamed repository is told by its number, so that a client can follow. */
function moved({ site, method }: Call, { id }: HostedRepository, rest: string): GitHubFailure {
  const url = `${site.apiUrl}/repositories/${id}${rest}`
  const isRead = method === 'GET'
  const message = isRead ? 'Moved Permanently' : 'Temporary Redirect'
  return new GitHubFailure(isRead ? 301 : 307, message, { url, headers: { location: url } })
}

/** A person's or a bot's own account; an installation has none. */
function answerUser({ site, token }: Call): Reply {
  if (token === undefined) throw new GitHubFailure(401, 'Requires authentication')
  if (token.kind === 'installation') throw new GitHubFailure(403, 'Resource not accessible by integration')
  const { account } = token
  const at = '2024-01-01T00:00:00Z'
  return {
    status: 200,
    body: {
      ...userJson(site, account),
      name: account.name,
      email: account.email,
      ...{ company: null, blog: null, location: null, hireable: null, bio: null, twitter_username: null },
      ...{ public_repos: 0, public_gists: 0, followers: 0, following: 0, created_at: at, updated_at: at },
    },
  }
}

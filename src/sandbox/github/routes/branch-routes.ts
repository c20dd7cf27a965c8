import { zeroId } from '../../git-host/git-object.ts'
import { clashWith } from '../../git-host/receive-pack.ts'
import { textAt } from '../../json.ts'
import { GitHubFailure, refused } from '../failure.ts'
import { protectionOf } from '../protection.ts'
import { refusePush } from '../push-rule.ts'
import { branchHead, isPartOf, resolveCommit } from '../revision.ts'
import { type Reply, type RepositoryCall, type Route, route } from '../route.ts'
import { branchJson, protectionJson, referenceJson, rulesJson } from '../view/branch-json.ts'

/** Branches, their rules, and references. */
export const branchRoutes: readonly Route[] = [
  // Before the branch itself, whose name may contain slashes.
  route('GET', '/branches/:branch+/protection', 'administration:read', protection, 'admin'),
  route('GET', '/branches/:branch+', 'contents:read', branch),
  route('GET', '/rules/branches/:branch+', 'metadata:read', ({ repository, params }) => ({
    status: 200,
    body: rulesJson(repository, protectionOf(repository, params['branch'] ?? '')),
  })),
  route('GET', '/git/ref/:ref+', 'contents:read', (call) => reference(call)),
  route('POST', '/git/refs', 'contents:write', create),
  route('PATCH', '/git/refs/:ref+', 'contents:write', move),
  route('DELETE', '/git/refs/:ref+', 'contents:write', remove),
]

function branch({ site, repository, params }: RepositoryCall): Reply {
  const name = params['branch'] ?? ''
  const sha = branchHead(repository, name)
  if (sha === undefined) throw new GitHubFailure(404, 'Branch not found')
  return { status: 200, body: branchJson(site, repository, name, sha) }
}

function protection({ site, repository, params }: RepositoryCall): Reply {
  const name = params['branch'] ?? ''
  if (branchHead(repository, name) === undefined) throw new GitHubFailure(404, 'Branch not found')
  const found = protectionOf(repository, name)
  if (found?.kind !== 'classic') throw new GitHubFailure(404, 'Branch not protected')
  return { status: 200, body: protectionJson(site, repository, name, found) }
}

const refOf = ({ params }: RepositoryCall) => `refs/${params['ref'] ?? ''}`

function reference(call: RepositoryCall, status = 200): Reply {
  const ref = refOf(call)
  const sha = call.repository.git.refs.get(ref)
  if (sha === undefined) throw new GitHubFailure(404, 'Not Found')
  return { status, body: referenceJson(call.site, call.repository, ref, sha) }
}

function create({ site, repository, body, by }: RepositoryCall): Reply {
  const [ref, sha] = [textAt(body, 'ref'), textAt(body, 'sha')]
  if (!/^refs\/[^/]+\/./.test(ref))
    throw refused("Reference name must start with 'refs/' and contain at least two slashes.")
  if (repository.git.refs.has(ref)) throw refused('Reference already exists')
  if (clashWith(repository.git, ref) !== undefined) throw refused('Reference cannot be created')
  if (resolveCommit(repository, sha) !== sha) throw refused('Object does not exist')
  site.git.moveRef(repository.git.name, ref, sha, by.login)
  return { status: 201, body: referenceJson(site, repository, ref, sha) }
}

function move(call: RepositoryCall): Reply {
  const { site, repository, body, by } = call
  const ref = refOf(call)
  const before = repository.git.refs.get(ref)
  const sha = textAt(body, 'sha')
  if (before === undefined) throw refused('Reference does not exist')
  if (resolveCommit(repository, sha) !== sha) throw refused('Object does not exist')
  const isFastForward = isPartOf(repository, before, sha)
  if (!isFastForward && body['force'] !== true) throw refused('Update is not a fast forward')
  allow(call, { ref, before, after: sha }, isFastForward)
  if (sha !== before) site.git.moveRef(repository.git.name, ref, sha, by.login)
  return reference(call)
}

function remove(call: RepositoryCall): Reply {
  const { site, repository, by } = call
  const ref = refOf(call)
  const before = repository.git.refs.get(ref)
  if (before === undefined) throw refused('Reference does not exist')
  allow(call, { ref, before, after: zeroId }, true)
  site.git.moveRef(repository.git.name, ref, zeroId, by.login)
  return { status: 204 }
}

function allow(
  { repository, by }: RepositoryCall,
  update: { ref: string; before: string; after: string },
  isFastForward: boolean,
): void {
  const refusal = refusePush(
    repository,
    { ...update, repository: repository.git.name, pusher: by.login },
    isFastForward,
  )
  if (refusal !== undefined) throw refused((refusal.words ?? refusal.reason).replace(/^[\s\S]*(?:error: |- )/, ''))
}

import { notFound } from '../failure.ts'
import { roleOf } from '../hosted-repository.ts'
import { type Reply, type RepositoryCall, type Route, route } from '../route.ts'
import { fullRepositoryJson } from '../view/repository-json.ts'
import { userJson } from '../view/user-json.ts'

/** The repository itself and who may do what in it. */
export const repositoryRoutes: readonly Route[] = [
  route('GET', '', 'metadata:read', ({ site, repository, role }) => ({
    status: 200,
    body: fullRepositoryJson(site, repository, role),
  })),
  route('GET', '/collaborators/:login/permission', 'metadata:read', permission, 'write'),
]

/** The five roles are told as the four that were there first, with the true name beside. */
const legacy = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
  none: 'none',
} as const

function permission({ site, repository, params }: RepositoryCall): Reply {
  const account = site.accounts.find(params['login'] ?? '')
  if (account === undefined) throw notFound()
  const role = roleOf(repository, account.login)
  const user = {
    ...userJson(site, account),
    permissions: fullRepositoryJson(site, repository, role).permissions,
    role_name: role,
  }
  return { status: 200, body: { permission: legacy[role], role_name: role, user } }
}

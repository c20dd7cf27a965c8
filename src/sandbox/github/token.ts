import { randomBytes } from 'node:crypto'
import type { Account } from './account.ts'
import { GitHubFailure, notFound } from './failure.ts'
import { fullName, type HostedRepository } from './hosted-repository.ts'

export type Permission =
  | 'metadata'
  | 'contents'
  | 'pull_requests'
  | 'issues'
  | 'statuses'
  | 'checks'
  | 'deployments'
  | 'administration'
export type Permissions = Partial<Record<Permission, 'read' | 'write'>>

export interface Token {
  value: string
  account: Account
  /** Classic ones have scopes, the others permissions. */
  kind: 'classic' | 'fine-grained' | 'installation'
  scopes: readonly string[]
  permissions: Permissions
  /** Full names in lower case; all that the account may see without. */
  repositories?: ReadonlySet<string> | undefined
  expiresAt?: Date | undefined
  /** So many calls are still answered as if nobody knew it. */
  misses: number
}

export type NewToken = Pick<Token, 'account' | 'kind'> & Partial<Omit<Token, 'value'>>

/** Tokens by their value; a revoked one is gone. */
export interface Tokens {
  add(token: NewToken): Token
  /** Undefined without credentials. Throws a 401 for those that nobody knows. */
  authenticate(authorization: string | undefined): Token | undefined
  revoke(value: string): void
}

const prefixes = { classic: 'ghp_', 'fine-grained': 'github_pat_', installation: 'ghs_' } as const

export function createTokens(now: () => Date): Tokens {
  const tokens = new Map<string, Token>()
  return {
    add(given) {
      const value = prefixes[given.kind] + randomBytes(18).toString('hex')
      const token: Token = { scopes: [], permissions: {}, misses: 0, ...given, value }
      tokens.set(value, token)
      return token
    },
    authenticate(authorization) {
      if (authorization === undefined) return undefined
      const token = tokens.get(credentialOf(authorization))
      if (token === undefined || (token.expiresAt !== undefined && token.expiresAt <= now())) {
        throw new GitHubFailure(401, 'Bad credentials')
      }
      return token
    },
    revoke: (value) => void tokens.delete(value),
  }
}

/** The bearer of `token X` and `Bearer X`, or the password of `Basic`, as Git clients send it. */
export function credentialOf(authorization: string): string {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(authorization) ?? []
  if (scheme.toLowerCase() !== 'basic') return value
  const pair = Buffer.from(value, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

/** What a call needs of its token. */
export interface Need {
  permission: Permission
  level: 'read' | 'write'
}

/** Throws what GitHub says when a token may not do that, whatever its account may. */
export function checkToken(token: Token | undefined, need: Need, repository: HostedRepository): void {
  if (token === undefined) {
    if (repository.isPrivate) throw notFound()
    if (need.level === 'write') throw new GitHubFailure(401, 'Requires authentication')
    return
  }
  if (token.repositories !== undefined && !token.repositories.has(fullName(repository).toLowerCase())) throw notFound()
  if (token.kind === 'classic') {
    const accepted = acceptedScopes(need, repository)
    const reads = need.level === 'read' && !repository.isPrivate
    if (reads || accepted.some((scope) => token.scopes.includes(scope))) return
    throw new GitHubFailure(404, 'Not Found', { headers: { 'x-accepted-oauth-scopes': accepted.join(', ') } })
  }
  const has = need.permission === 'metadata' ? 'read' : token.permissions[need.permission]
  if (has === 'write' || has === need.level) return
  const holder = token.kind === 'installation' ? 'integration' : 'personal access token'
  throw new GitHubFailure(403, `Resource not accessible by ${holder}`, {
    headers: { 'x-accepted-github-permissions': `${need.permission}=${need.level}` },
  })
}

function acceptedScopes({ permission }: Need, { isPrivate }: HostedRepository): string[] {
  return [
    'repo',
    ...(isPrivate ? [] : ['public_repo']),
    ...(permission === 'statuses' ? ['repo:status'] : []),
    ...(permission === 'deployments' ? ['repo_deployment'] : []),
  ]
}

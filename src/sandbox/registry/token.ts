import { randomUUID } from 'node:crypto'
import { type Exchange, sendJson } from '../loopback.ts'
import { RegistryFailure } from './registry-failure.ts'

export interface Credentials {
  username: string
  password: string
}

/** The token service that a registry sends its clients to. */
export interface TokenService {
  /** Answers `GET /token`. */
  issue(exchange: Exchange): void
  /** Sets a challenge and throws a 401 when the request may not go on. */
  admit(exchange: Exchange, repository: string, action: 'pull' | 'push'): void
}

/** Without credentials everybody may do everything. Tokens are opaque and good for the scopes asked for. */
export function createTokenService(credentials: Credentials | undefined): TokenService {
  const scopes = new Map<string, readonly string[]>()
  return {
    issue({ request, response, url }) {
      const basic = credentials === undefined ? '' : `${credentials.username}:${credentials.password}`
      if (request.headers.authorization !== `Basic ${Buffer.from(basic).toString('base64')}`) throw unauthorized()
      const token = randomUUID()
      scopes.set(
        token,
        url.searchParams.getAll('scope').flatMap((scope) => scope.split(' ')),
      )
      sendJson(response, 200, { token, access_token: token, expires_in: 300, issued_at: new Date().toISOString() })
    },
    admit({ request, response }, repository, action) {
      if (credentials === undefined) return
      const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const granted = scopes.get(token)
      if (granted !== undefined && (repository === '' || granted.some((scope) => covers(scope, repository, action))))
        return
      const actions = action === 'push' ? 'pull,push' : 'pull'
      const scope = repository === '' ? '' : `,scope="repository:${repository}:${actions}"`
      const challenge = `Bearer realm="http://${request.headers.host}/token",service="sandbox-registry"${scope}`
      response.setHeader('www-authenticate', challenge)
      throw unauthorized(repository === '' ? null : [{ Type: 'repository', Name: repository, Action: action }])
    },
  }
}

function unauthorized(detail?: unknown): RegistryFailure {
  return new RegistryFailure(401, 'UNAUTHORIZED', 'authentication required', detail)
}

function covers(scope: string, repository: string, action: string): boolean {
  const match = /^repository:(.+):([^:]*)$/.exec(scope)
  return match !== null && match[1] === repository && (match[2] ?? '').split(',').includes(action)
}

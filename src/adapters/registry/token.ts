import { createHash } from 'node:crypto'
import { FairleadError } from '../../errors.ts'
import type { Clock, HttpRequest } from '../../ports.ts'
import type { Challenge } from './challenge.ts'
import type { Credential } from './credential.ts'
import { isTokenHost } from './host.ts'
import { parseBody, tokenSchema } from './schema.ts'
import type { Transport } from './transport.ts'

export type BearerChallenge = Extract<Challenge, { scheme: 'bearer' }>

/** Whom the token is for. */
export interface TokenRequest {
  challenge: BearerChallenge
  /** As in image references; the name in messages and metrics. */
  registry: string
  /** Origin of the registry's API; decides where credentials may go and whether plain http is fine. */
  origin: string
  /** Hosts that may see the credential beside those of the registry's own site. */
  tokenHosts?: readonly string[]
  repository: string
  credential: Credential | undefined
}

/** Bearer tokens, one per repository, kept until shortly before they end. */
export interface TokenSource {
  /** `RegistryAuthFailed` when the token endpoint refuses, or is one that must not see the credentials. */
  get(request: TokenRequest): Promise<string>
  /** Drops a token the registry did not accept. */
  forget(request: TokenRequest): void
}

const maxTokens = 500
const leastLifetimeSeconds = 60
const renewBeforeMs = 10_000

/** Source: distribution's token and OAuth2 specifications. Callers who want the same token share one request. */
export function createTokenSource(transport: Transport, clock: Clock): TokenSource {
  const tokens = new Map<string, { token: string; endsAtMs: number }>()
  const underWay = new Map<string, Promise<string>>()

  async function fetchToken(request: TokenRequest, key: string): Promise<string> {
    const what = `token for ${request.registry}/${request.repository}`
    const response = await transport.send(request.registry, tokenRequest(request))
    if (response.status !== 200) throw refused(request, response.status)
    const answer = parseBody(tokenSchema, response.body, what)
    const token = answer.token || answer.access_token
    // Only characters a header may carry; anything else is a broken answer, not a token.
    if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
      throw new FairleadError('RegistryInvalid', `${what}: the answer of ${realmOrigin(request)} holds no token`)
    }
    const lifetimeMs = Math.max(answer.expires_in ?? 0, leastLifetimeSeconds) * 1000
    tokens.delete(key)
    tokens.set(key, { token, endsAtMs: clock.monotonicMs() + lifetimeMs - renewBeforeMs })
    const oldest = tokens.keys().next().value
    if (tokens.size > maxTokens && oldest !== undefined) tokens.delete(oldest)
    return token
  }

  return {
    async get(request) {
      refuseRealm(request)
      const key = keyOf(request)
      const known = tokens.get(key)
      if (known !== undefined && known.endsAtMs > clock.monotonicMs()) return known.token
      const pending = underWay.get(key) ?? fetchToken(request, key).finally(() => underWay.delete(key))
      underWay.set(key, pending)
      return pending
    },
    forget(request) {
      tokens.delete(keyOf(request))
    },
  }
}

/** The credential is part of the key, as a digest: new credentials must not be answered with an old token. */
function keyOf({ challenge, registry, repository, credential }: TokenRequest): string {
  const parts = JSON.stringify([challenge.realm, challenge.service ?? '', registry, repository, credential ?? null])
  return createHash('sha256').update(parts).digest('base64')
}

function refuseRealm(request: TokenRequest): void {
  const { challenge, registry, origin, credential, tokenHosts } = request
  if (!URL.canParse(challenge.realm)) {
    throw new FairleadError('RegistryInvalid', `${registry} names a token endpoint that is not a URL`)
  }
  const realm = new URL(challenge.realm)
  const api = new URL(origin)
  if (realm.protocol !== 'https:' && !(realm.protocol === 'http:' && api.protocol === 'http:')) {
    throw new FairleadError(
      'RegistryAuthFailed',
      `${registry} names the token endpoint ${realmOrigin(request)}, which is not https`,
    )
  }
  if (credential !== undefined && !isTokenHost(api.hostname, realm.hostname, tokenHosts)) {
    const words = `${registry} wants its credentials sent to ${realmOrigin(request)}, which is another site; they are not sent (tokenHosts of the registry allows it)`
    throw new FairleadError('RegistryAuthFailed', words)
  }
}

function tokenRequest({ challenge, repository, credential }: TokenRequest): HttpRequest {
  const scope = `repository:${repository}:pull`
  const url = new URL(challenge.realm)
  if (credential?.type === 'identity') {
    const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: credential.token, scope })
    form.set('client_id', 'fairlead')
    if (challenge.service !== undefined) form.set('service', challenge.service)
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
    return { method: 'POST', url: url.href, headers, body: form.toString(), maxBytes: 256 * 1024 }
  }
  url.searchParams.set('scope', scope)
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service)
  const headers: Record<string, string> = { accept: 'application/json' }
  if (credential !== undefined) headers.authorization = basicAuthorization(credential)
  return { method: 'GET', url: url.href, headers, maxBytes: 256 * 1024 }
}

/** `Basic …` (RFC 7617). */
export function basicAuthorization({ username, password }: Extract<Credential, { type: 'basic' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function refused(request: TokenRequest, status: number): FairleadError {
  const who = request.credential === undefined ? 'anonymous access' : 'the credentials'
  const message = `${realmOrigin(request)} refuses ${who} for ${request.registry}/${request.repository} (status ${status})`
  return new FairleadError('RegistryAuthFailed', message)
}

function realmOrigin({ challenge }: TokenRequest): string {
  const { protocol, host } = new URL(challenge.realm)
  return `${protocol}//${host}`
}

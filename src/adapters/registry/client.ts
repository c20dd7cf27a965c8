import { FairleadError } from '../../errors.ts'
import type { HttpRequest, HttpResponse, ImageRepository } from '../../ports.ts'
import { type Challenge, parseChallenge } from './challenge.ts'
import type { CredentialSource } from './credential.ts'
import { isRedirect, redirectTarget } from './redirect.ts'
import { basicAuthorization, type TokenSource } from './token.ts'
import type { Transport } from './transport.ts'

/** One read of a registry's API. */
export interface RegistryRead {
  method: 'GET' | 'HEAD'
  /** Absolute, or from the root of the API. */
  url: string
  accept?: readonly string[]
  maxBytes?: number
}

/** The answer, and the address that gave it: another one than asked after a redirect. */
export interface RegistryAnswer extends HttpResponse {
  url: URL
}

/** Reads a registry's API with whatever authentication it wants. */
export interface RegistryClient {
  /**
   * The answer whatever its status, but never 401 or 403 (`RegistryAuthFailed`), 429, 5xx (`RegistryUnavailable`) or a
   * redirect (one is followed; `RegistryInvalid` otherwise).
   */
  read(image: ImageRepository, read: RegistryRead): Promise<RegistryAnswer>
}

export interface RegistryClientSettings {
  transport: Transport
  tokens: TokenSource
  originOf: (registry: string) => string
  credentialsOf: (registry: string) => CredentialSource | undefined
  tokenHostsOf: (registry: string) => readonly string[]
  timeoutMs: number | undefined
}

export function createRegistryClient(settings: RegistryClientSettings): RegistryClient {
  const { transport, tokens, originOf, credentialsOf, tokenHostsOf } = settings
  /** What each registry asked for last, so that the next request brings it at once. */
  const challenges = new Map<string, Challenge>()

  async function authorize(image: ImageRepository, challenge: Challenge | undefined) {
    if (challenge === undefined) return undefined
    const credential = await credentialsOf(image.registry)?.find(image.registry, image.repository)
    if (challenge.scheme === 'bearer') {
      const origin = originOf(image.registry)
      const request = { ...image, challenge, credential, origin, tokenHosts: tokenHostsOf(image.registry) }
      return { header: `Bearer ${await tokens.get(request)}`, forget: () => tokens.forget(request) }
    }
    if (credential?.type !== 'basic')
      throw authFailed(image, credentialsOf(image.registry), 'a user name and password are wanted')
    return { header: basicAuthorization(credential), forget: () => {} }
  }

  async function readWithAuth(image: ImageRepository, request: HttpRequest): Promise<HttpResponse> {
    const known = await authorize(image, challenges.get(image.registry))
    const first = await transport.send(image.registry, withAuthorization(request, known?.header))
    if (first.status !== 401) return first
    known?.forget()
    const challenge = parseChallenge(first.headers['www-authenticate'])
    if (challenge === undefined) throw authFailed(image, undefined, 'it names no way to authenticate that we know')
    challenges.set(image.registry, challenge)
    const fresh = await authorize(image, challenge)
    return transport.send(image.registry, withAuthorization(request, fresh?.header))
  }

  return {
    async read(image, { method, url, accept = [], maxBytes }) {
      const origin = originOf(image.registry)
      const asked = new URL(url, origin)
      const headers: Record<string, string> = accept.length === 0 ? {} : { accept: accept.join(', ') }
      const limits = {
        ...(maxBytes === undefined ? {} : { maxBytes }),
        ...(settings.timeoutMs === undefined ? {} : { timeoutMs: settings.timeoutMs }),
      }
      const ask = (target: URL) => {
        const request = { method, url: target.href, headers, ...limits }
        return target.origin === origin ? readWithAuth(image, request) : transport.send(image.registry, request)
      }
      const answer = await ask(asked)
      const target = redirectTarget(answer, asked, image.registry)
      const last = target === undefined ? { ...answer, url: asked } : { ...(await ask(target)), url: target }
      if (last.status === 401 || last.status === 403)
        throw authFailed(image, credentialsOf(image.registry), `status ${last.status}`)
      if (isRedirect(last)) throw new FairleadError('RegistryInvalid', `${image.registry} redirects more than once`)
      return last
    },
  }
}

function withAuthorization(request: HttpRequest, authorization: string | undefined): HttpRequest {
  if (authorization === undefined) return request
  return { ...request, headers: { ...request.headers, authorization } }
}

function authFailed(image: ImageRepository, source: CredentialSource | undefined, why: string): FairleadError {
  const name = `${image.registry}/${image.repository}`
  const how =
    source === undefined ? 'no credentialsFile and no auth is set for it' : `credentials from ${source.name} were used`
  const message = `${image.registry} does not let us read ${name}: ${why}; ${how}. It may be private, or not exist`
  return new FairleadError('RegistryAuthFailed', message)
}

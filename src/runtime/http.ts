import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import * as http from 'node:http'
import * as https from 'node:https'
import { FairleadError } from '../errors.ts'
import type { Clock, Http, HttpRequest, HttpResponse } from '../ports.ts'
import { isForbiddenAddress } from './http-address.ts'
import { errorCode, exchange } from './http-exchange.ts'
import { createTrust } from './http-trust.ts'

/** What is special about one host. */
export interface HttpHost {
  /** PEM file of authorities trusted beside the system's; read again when it changes. */
  caFile?: string
  /** Plain http is allowed. Certificates of https are always checked. */
  insecure?: boolean
  /** A cloud's own service that hands out the pod's identity; it may have a link-local address. */
  metadata?: boolean
}

export interface HttpSettings {
  clock: Clock
  /** By `host` or `host:port`, or a function of that; a port that is the scheme's default may be left out. */
  hosts?: Readonly<Record<string, HttpHost>> | ((host: string) => HttpHost | undefined)
  /** Name resolution; the system's by default. */
  lookup?: typeof systemLookup
  /** Connections to one origin, and how many of them are kept for half a minute; 8 and 2, enough for polling, by default. */
  connections?: { atOnce: number; kept: number }
}

/** The outbound client with its connections; `close` ends them and fails what is still under way. */
export interface HttpClient extends Http {
  close(): void
}

const defaultTimeoutMs = 15_000
const defaultMaxBytes = 4 * 1024 * 1024
const usualConnections = { atOnce: 8, kept: 2 }

/**
 * The one outbound client, on node:http and node:https (the built-in fetch costs tens of MiB). Rejects with
 * `HttpFailed` (no answer, or a request we refuse to make), `Timeout`, `TooLarge`, `Aborted` or, for a CA file that cannot be used, `ConfigInvalid`; messages name method
 * and origin only, because paths and query strings of webhooks and token endpoints are secrets.
 */
export function createHttp({
  clock,
  hosts = {},
  lookup = systemLookup,
  connections = usualConnections,
}: HttpSettings): HttpClient {
  const { atOnce: maxSockets, kept: maxFreeSockets } = connections
  const agentOptions = { keepAlive: true, maxSockets, maxFreeSockets, maxTotalSockets: 128, timeout: 30_000 }
  const plainAgent = new http.Agent(agentOptions)
  const trust = createTrust(agentOptions)
  const underWay = new Set<AbortController>()
  let closed = false
  const checkedLookup = createCheckedLookup(lookup)

  async function connect(request: HttpRequest, body: Buffer | undefined, signal: AbortSignal): Promise<HttpResponse> {
    const url = parseUrl(request)
    const host = typeof hosts === 'function' ? hosts(url.host) : findHost(hosts, url)
    refuseUnsafe(request, url, host)
    const agent = url.protocol === 'https:' ? await trust.agentFor(url.host, host?.caFile) : plainAgent
    const options = {
      method: request.method,
      headers: requestHeaders(request, body),
      agent,
      signal,
      lookup: host?.metadata === true ? lookup : checkedLookup,
      maxHeaderSize: 32 * 1024,
    }
    const open = () => (url.protocol === 'https:' ? https.request(url, options) : http.request(url, options))
    const { maxBytes = defaultMaxBytes, mayLackBody = false } = request
    return exchange({ open, body, maxBytes, mayLackBody, what: describe(request, url) })
  }

  return {
    async request(request) {
      const body = request.body === undefined ? undefined : Buffer.from(request.body)
      const stop = new AbortController()
      const abort = () => stop.abort('aborted')
      if (closed || request.signal?.aborted === true) abort()
      request.signal?.addEventListener('abort', abort, { once: true })
      underWay.add(stop)
      const finished = new AbortController()
      clock.sleep(request.timeoutMs ?? defaultTimeoutMs, finished.signal).then(() => {
        if (!finished.signal.aborted) stop.abort('timeout')
      })
      try {
        return await connect(request, body, stop.signal)
      } catch (error) {
        throw explain(error, request, stop.signal.reason)
      } finally {
        finished.abort('finished')
        underWay.delete(stop)
        request.signal?.removeEventListener('abort', abort)
      }
    },
    close() {
      closed = true
      for (const stop of underWay) stop.abort('aborted')
      plainAgent.destroy()
      trust.close()
    },
  }
}

function parseUrl(request: HttpRequest): URL {
  if (!URL.canParse(request.url)) throw new FairleadError('HttpFailed', `${request.method}: the address is not a URL`)
  return new URL(request.url)
}

function findHost(hosts: Readonly<Record<string, HttpHost>>, url: URL): HttpHost | undefined {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return [url.host, `${url.hostname}:${port}`].filter((key) => Object.hasOwn(hosts, key)).map((key) => hosts[key])[0]
}

/** Everything that can be refused before a connection is tried. */
function refuseUnsafe(request: HttpRequest, url: URL, host: HttpHost | undefined): void {
  const what = describe(request, url)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new FairleadError('HttpFailed', `${what}: only https and http are spoken`)
  }
  if (url.protocol === 'http:' && host?.insecure !== true) {
    throw new FairleadError(
      'HttpFailed',
      `${what}: plain http is refused; use https, or set insecure: true for this host`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new FairleadError('HttpFailed', `${what}: credentials do not belong into a URL; configure them as a file`)
  }
  if (host?.metadata !== true && isForbiddenAddress(url.hostname))
    throw new FairleadError('HttpFailed', `${what}: ${refusedAddress}`)
}

const refusedAddress = 'the address is link-local or a cloud metadata service, which is never asked'

/** Node leaves the body of a DELETE unframed unless told its length, so it is always told. */
function requestHeaders(request: HttpRequest, body: Buffer | undefined): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': 'fairlead' }
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value
  if (body !== undefined) headers['content-length'] = String(body.byteLength)
  else if (['POST', 'PUT', 'PATCH'].includes(request.method)) headers['content-length'] = '0'
  return headers
}

/**
 * Resolves a name, refuses it when any of its addresses is forbidden, and hands exactly the checked addresses to the
 * socket, so that a second, different DNS answer cannot slip in.
 */
function createCheckedLookup(lookup: typeof systemLookup) {
  return (
    hostname: string,
    options: LookupOptions,
    callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      if (addresses.some((one) => isForbiddenAddress(one.address))) return callback(new Error(refusedAddress), [])
      const first = addresses[0]
      if (options.all === true || first === undefined) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}

function explain(error: unknown, request: HttpRequest, stopped: unknown): FairleadError {
  if (error instanceof FairleadError) return error
  const what = URL.canParse(request.url) ? describe(request, new URL(request.url)) : request.method
  if (stopped === 'timeout') {
    return new FairleadError(
      'Timeout',
      `${what}: no complete answer within ${request.timeoutMs ?? defaultTimeoutMs} ms`,
    )
  }
  if (stopped === 'aborted') return new FairleadError('Aborted', `${what}: given up because we were told to stop`)
  return new FairleadError('HttpFailed', `${what}: ${reasonOf(error)}`)
}

/** Node's own words name host, port or header, never a value that was sent; a TLS error's certificate is left out. */
function reasonOf(error: unknown): string {
  const failed = error instanceof AggregateError ? (error.errors[0] ?? error) : error
  const message = failed instanceof Error ? failed.message : 'unknown failure'
  const code = errorCode(failed)
  const text = code === undefined || message.includes(code) ? message : `${message} (${code})`
  return text.slice(0, 300)
}

function describe(request: HttpRequest, url: URL): string {
  return `${request.method} ${url.protocol}//${url.host}`
}

import { type IncomingMessage, request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import { type Account, loadAccount } from './credential.ts'
import { createPool, type Pool, type Purpose } from './pool.ts'

/** The way to one API server, with our credentials on every request. */
export interface Connection {
  /** URL of the API server. */
  readonly server: string
  /** Namespace of the context, or of the pod; empty when neither says. */
  readonly namespace: string
  /**
   * Sends one request and resolves with the head of the answer, whatever its status; the body is still to be read.
   * Rejects with `ApiUnavailable`, `ApiUnauthorized` (no credentials to be had) or `Aborted`.
   */
  open(call: Call): Promise<IncomingMessage>
  /** Ends all connections at once. */
  close(): void
}

export interface Call {
  method: string
  /** With its query, e.g. `/api/v1/pods?limit=500`. */
  path: string
  headers: Record<string, string>
  body?: string
  purpose: Purpose
  signal: AbortSignal
}

/** At most one re-read of credentials in this time, however many calls are refused. */
const renewalPauseMs = 5_000

/**
 * Connects with a kubeconfig file or, without one, with the pod's service account. Files are read again for every
 * request (tokens every minute); after a 401 everything is loaded anew, once, and the request repeated.
 * Throws `KubeconfigInvalid`.
 */
export function createConnection(account: Account, clock: Clock): Connection {
  let config = loadAccount(account)
  let renewedMs: number | undefined
  const server = config.getCurrentCluster()?.server ?? ''
  const url = new URL(server)
  const pool = createPool(url.protocol === 'https:')

  /** True when there are newer credentials than the refused ones. */
  const renew = (refused: KubeConfig): boolean => {
    if (config !== refused) return true
    const now = clock.monotonicMs()
    if (renewedMs !== undefined && now - renewedMs < renewalPauseMs) return false
    renewedMs = now
    try {
      config = loadAccount(account)
      return true
    } catch {
      // the file is being replaced right now; the old credentials stay, and the refusal is reported
      return false
    }
  }

  return {
    server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace?.trim() ?? '',
    async open(call) {
      const used = config
      const response = await send({ url, pool, config: used }, call)
      if (response.statusCode !== 401 || !renew(used)) return response
      response.resume()
      return send({ url, pool, config }, call)
    },
    close: () => pool.close(),
  }
}

interface Target {
  url: URL
  pool: Pool
  config: KubeConfig
}

async function send(target: Target, call: Call): Promise<IncomingMessage> {
  const options = await prepare(target, call)
  try {
    return await exchange(target.url, options, call)
  } catch (thrown) {
    // A kept connection that the server closed while we wrote on it; nothing was asked yet.
    if (call.method === 'GET' && thrown instanceof StaleSocket) return exchange(target.url, options, call)
    throw thrown
  }
}

/** Credentials and TLS settings as client-node works them out, on our own agent. */
async function prepare({ url, pool, config }: Target, call: Call): Promise<RequestOptions> {
  const credentials: RequestOptions = {}
  try {
    await abortable(config.applyToHTTPSOptions(credentials), call.signal)
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause
    const user = config.getCurrentUser()?.name ?? ''
    throw new FairleadError(
      'ApiUnauthorized',
      `credentials of user ${JSON.stringify(user)} cannot be read; check its token file, certificate or exec plug-in`,
      { cause },
    )
  }
  const proxied = config.getCurrentCluster()?.proxyUrl !== undefined
  const { agent, auth, headers } = credentials
  return {
    method: call.method,
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : url.port,
    path: url.pathname.replace(/\/$/, '') + call.path,
    headers: { ...trimmed(headers), ...call.headers },
    ...(auth === undefined || auth === null ? {} : { auth }),
    agent: proxied && agent !== undefined ? agent : pool.agent(credentials, call.purpose),
  }
}

/** Token files end with a newline, which a header may not. */
function trimmed(headers: RequestOptions['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()]))
}

class StaleSocket extends FairleadError {}

function exchange(url: URL, options: RequestOptions, call: Call): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (call.signal.aborted) return reject(aborted())
    const request = url.protocol === 'https:' ? requestHttps(options) : requestHttp(options)
    const stop = () => request.destroy(aborted())
    const settle = () => call.signal.removeEventListener('abort', stop)
    call.signal.addEventListener('abort', stop, { once: true })
    request.on('response', (response) => {
      // the body belongs to this exchange: it ends with the signal, too
      response.on('close', settle)
      resolve(response)
    })
    request.on('error', (cause: NodeJS.ErrnoException) => {
      settle()
      if (cause instanceof FairleadError) return reject(cause)
      const stale = request.reusedSocket && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE')
      const Failure = stale ? StaleSocket : FairleadError
      reject(new Failure('ApiUnavailable', `API server ${url.host} cannot be reached: ${cause.message}`, { cause }))
    })
    request.setSocketKeepAlive(true, 30_000)
    request.end(call.body)
  })
}

function aborted(): FairleadError {
  return new FairleadError('Aborted', 'request to the API server was given up')
}

/** A credential plug-in that hangs must not hold the caller longer than it wanted to wait. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted())
    const stop = () => reject(aborted())
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

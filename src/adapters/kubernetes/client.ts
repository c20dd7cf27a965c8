import type { IncomingMessage } from 'node:http'
import { FairleadError } from '../../errors.ts'
import { jsonOrNothing } from '../../runtime/json.ts'
import { ApiStatus, apiError } from './api-error.ts'
import type { Connection } from './connection.ts'
import type { Purpose } from './pool.ts'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface RequestOptions {
  /** The call in RBAC's words, for errors; default method and path. */
  action?: string
  query?: Query
  body?: unknown
  /** Default `application/json`. */
  contentType?: string
  signal?: AbortSignal
  /** Whole exchange; default 30,000. */
  timeoutMs?: number
  /** Answer's body; default 16 MiB. */
  maxBytes?: number
}

export interface StreamOptions {
  action: string
  query: Query
  signal: AbortSignal
  purpose: Purpose
  /** Until the head of the answer is there; the body has no limit of its own. Default 30,000. */
  headTimeoutMs?: number
}

/** Raw JSON in and out of one API server. */
export interface ApiClient {
  /**
   * The parsed body of a 2xx answer. Rejects with the code of the answer's status (`ApiForbidden`, `ApiNotFound`,
   * `ApiConflict`, `ApiExpired`, `ApiInvalid`, `ApiUnauthorized`, `ApiUnavailable` for 429 and 5xx), `Timeout`,
   * `TooLarge` or `Aborted`.
   */
  request(method: string, path: string, options?: RequestOptions): Promise<unknown>
  /** The body of a 2xx answer to a GET, piece by piece. Rejects like `request`. */
  stream(path: string, options: StreamOptions): Promise<IncomingMessage>
}

const defaultTimeoutMs = 30_000
const defaultMaxBytes = 16 * 1024 * 1024
const errorMaxBytes = 1024 * 1024

/** `userAgent` is what API servers write into their audit logs, e.g. `fairlead/0.1.0`. */
export function createClient(connection: Connection, userAgent: string): ApiClient {
  const headers = { accept: 'application/json', 'user-agent': userAgent }
  return {
    async request(method, path, options = {}) {
      const action = options.action ?? `${method} ${path}`
      const limit = createDeadline(options.signal, options.timeoutMs ?? defaultTimeoutMs)
      try {
        const response = await connection.open({
          method,
          path: path + queryText(options.query),
          headers: { ...headers, ...bodyHeaders(options) },
          ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
          purpose: 'request',
          signal: limit.signal,
        })
        const body = await readBody(response, action, options.maxBytes ?? defaultMaxBytes)
        if (isSuccess(response)) return parse(body, action)
        throw refused(response, body, action)
      } catch (thrown) {
        throw limit.expired() ? timedOut(action) : thrown
      } finally {
        limit.clear()
      }
    },
    async stream(path, options) {
      const limit = createDeadline(options.signal, options.headTimeoutMs ?? defaultTimeoutMs)
      try {
        const response = await connection.open({
          method: 'GET',
          path: path + queryText(options.query),
          headers,
          purpose: options.purpose,
          signal: limit.signal,
        })
        if (!isSuccess(response)) {
          throw refused(response, await readBody(response, options.action, errorMaxBytes), options.action)
        }
        limit.disarm()
        response.once('close', () => limit.clear())
        return response
      } catch (thrown) {
        limit.clear()
        throw limit.expired() ? timedOut(options.action) : thrown
      }
    },
  }
}

interface Deadline {
  signal: AbortSignal
  expired(): boolean
  /** The time no longer counts, the caller's signal still does. */
  disarm(): void
  clear(): void
}

/** One signal for "the caller gave up" and "took too long". AbortSignal.any would pile up on long-lived signals. */
function createDeadline(signal: AbortSignal | undefined, timeoutMs: number): Deadline {
  const controller = new AbortController()
  let expired = false
  const stop = () => controller.abort()
  const timer = setTimeout(() => {
    expired = true
    stop()
  }, timeoutMs)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  return {
    signal: controller.signal,
    expired: () => expired,
    disarm: () => clearTimeout(timer),
    clear() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    },
  }
}

function isSuccess(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0
  return status >= 200 && status < 300
}

async function readBody(response: IncomingMessage, action: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) {
        throw new FairleadError('TooLarge', `answer to ${action} is larger than ${maxBytes} bytes`)
      }
      chunks.push(chunk)
    }
  } catch (cause) {
    throw cause instanceof FairleadError ? cause : broken(action, cause)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The answer stopped in the middle. */
export function broken(action: string, cause: unknown): FairleadError {
  const { message } = cause instanceof Error ? cause : new Error(String(cause))
  return new FairleadError('ApiUnavailable', `connection lost during ${action}: ${message}`, { cause })
}

function parse(body: string, action: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new FairleadError('ApiUnavailable', `answer to ${action} is not JSON; is this an API server?`, { cause })
  }
}

function refused(response: IncomingMessage, body: string, action: string): FairleadError {
  // Proxies answer in HTML; that the status has no details is no second error.
  const status = new ApiStatus(response.statusCode ?? 0, jsonOrNothing(body), response.headers['retry-after'])
  return apiError(action, status)
}

function timedOut(action: string): FairleadError {
  return new FairleadError('Timeout', `API server did not answer in time to ${action}`)
}

function bodyHeaders(options: RequestOptions): Record<string, string> {
  return options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }
}

function queryText(query: Query = {}): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

import { type ErrorCode, errorCodes, FairleadError } from '../errors.ts'
import type { HttpResponse } from '../ports.ts'
import { systemClock } from '../runtime/clock.ts'
import { createHttp } from '../runtime/http.ts'
import { jsonOrNothing } from '../runtime/json.ts'
import type { ApiOptions } from './api-options.ts'

export interface ApiAnswer<T> {
  value: T
  /** Empty when the answer has none. */
  etag: string
}

/** The API of a running fairlead. Refusals of the server are thrown, with its words. */
export interface ApiClient {
  get<T>(path: string): Promise<ApiAnswer<T>>
  post<T>(path: string, body: object, headers?: Record<string, string>): Promise<ApiAnswer<T>>
}

/** Runs `work` with a client, and ends its connections. */
export async function withApi<R>(options: ApiOptions, work: (api: ApiClient) => Promise<R>): Promise<R> {
  const { server, caFile } = options
  const host = { insecure: server.startsWith('http:'), ...(caFile === undefined ? {} : { caFile }) }
  const authorization = `Bearer ${await options.token()}`
  const http = createHttp({ clock: systemClock, hosts: { [new URL(server).host]: host } })
  const call = async <T>(method: 'GET' | 'POST', path: string, extra: object = {}): Promise<ApiAnswer<T>> => {
    const { body, headers = {} } = extra as { body?: string; headers?: Record<string, string> }
    const answer = await http.request({
      method,
      url: `${server}${path}`,
      headers: { authorization, accept: 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
      timeoutMs: 60_000,
      maxBytes: 32 * 1024 * 1024,
    })
    return { value: readAnswer(answer, server) as T, etag: answer.headers['etag'] ?? '' }
  }
  try {
    return await work({
      get: (path) => call('GET', path),
      post: (path, body, headers = {}) =>
        call('POST', path, {
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', ...headers },
        }),
    })
  } finally {
    http.close()
  }
}

/** Every page of a list that the API gives in pages. */
export async function getAll<T>(api: ApiClient, path: string, filter: Record<string, string>): Promise<T[]> {
  const all: T[] = []
  const query = new URLSearchParams({ limit: '500', ...filter })
  for (;;) {
    const { value } = await api.get<{ items: T[]; continue?: string }>(`${path}?${query}`)
    all.push(...value.items)
    if (value.continue === undefined || value.items.length === 0) return all
    query.set('continue', value.continue)
  }
}

/** `/api/v1/updates/{namespace}/{name}`; parts of names are escaped, so that they cannot lead elsewhere. */
export function updatePath({ namespace, name }: { namespace: string; name: string }): string {
  return `/api/v1/updates/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`
}

function readAnswer({ status, body, headers }: HttpResponse, server: string): unknown {
  const value = jsonOrNothing(Buffer.from(body).toString('utf8'))
  if (status >= 200 && status < 300 && value !== undefined) return value
  const error = (value as { error?: { code?: unknown; message?: unknown } } | undefined)?.error
  if (error === undefined) {
    throw new FairleadError('HttpFailed', `${server} answered ${status}, not as fairlead's API does; is the URL right?`)
  }
  const wait = headers['retry-after'] === undefined ? '' : ` (try again in ${headers['retry-after']} s)`
  throw new FairleadError(codeOf(status, String(error.code)), `${String(error.message)}${wait}`)
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'UsageInvalid',
  401: 'ApiUnauthorized',
  403: 'ApiForbidden',
  404: 'ApiNotFound',
  413: 'UsageInvalid',
  415: 'UsageInvalid',
  429: 'ApiUnavailable',
}

/** The server's own code where the catalogue has it, else one by status. */
function codeOf(status: number, code: string): ErrorCode {
  const known = Object.keys(errorCodes).find((one) => one === code) as ErrorCode | undefined
  return codes[status] ?? known ?? (status === 409 ? 'ApiConflict' : 'ApiUnavailable')
}

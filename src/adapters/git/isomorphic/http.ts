import { Buffer } from 'node:buffer'
import type { HttpClient } from 'isomorphic-git'
import { FairleadError } from '../../../errors.ts'
import type { Http, HttpResponse } from '../../../ports.ts'
import type { Authorization } from '../credential.ts'
import { archivedRepository, archivedWords, authFailed, serverWords } from '../failure.ts'

/** Asking is quick; a transfer may be large. */
const timeoutMs = { GET: 60_000, POST: 600_000 }
const maxAnswerBytes = 512 * 1024 * 1024
const maxRequestBytes = 64 * 1024 * 1024

/** One exchange with the Git host. Rejects unless the answer is 200. */
export type GitExchange = (request: {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  body?: Uint8Array
}) => Promise<HttpResponse>

/** Exchanges over the one outbound client, with the login in a header and never in the address. */
export function createExchange(http: Http, url: string, authorization: Authorization): GitExchange {
  return async (request) => {
    const login = await authorization()
    const headers = { ...request.headers, ...(login === undefined ? {} : { authorization: login }) }
    const response = await http
      .request({ ...request, headers, timeoutMs: timeoutMs[request.method], maxBytes: maxAnswerBytes })
      .catch((error) => Promise.reject(explainTransport(error, url)))
    if (response.status !== 200) throw explainStatus(response, url)
    return response
  }
}

function explainTransport(error: unknown, url: string): unknown {
  if (!(error instanceof FairleadError)) return error
  if (error.code === 'TooLarge') {
    return new FairleadError('RepositoryTooLarge', `${url} sent more than can be taken without the git binary`)
  }
  const isLost = error.code === 'HttpFailed' || error.code === 'Timeout'
  return isLost ? new FairleadError('GitUnavailable', `${url}: ${error.message}`, { cause: error }) : error
}

function explainStatus({ status, headers, body }: HttpResponse, url: string): FairleadError {
  const words = serverWords(new TextDecoder().decode(body.subarray(0, 2000)))
  // 203 is the sign-in page of Azure DevOps.
  if (status === 401 || status === 403 || status === 203) {
    return archivedWords.test(words) ? archivedRepository(url) : authFailed(url, `${status} ${words}`.trim())
  }
  if (status === 404) return new FairleadError('RepositoryNotFound', `${url} does not exist or may not be seen (404)`)
  const seconds = Number(headers['retry-after'])
  const detail = seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}
  const hint = status >= 300 && status < 400 ? '; redirects are not followed, configure the final address' : ''
  return new FairleadError('GitUnavailable', `${url} answered ${status}${hint}: ${words}`, detail)
}

/** The plug-in that isomorphic-git does its requests with. */
export function createHttpPlugin(exchange: GitExchange): HttpClient {
  return {
    async request({ url, method = 'GET', headers = {}, body }) {
      const request = { method: method === 'POST' ? ('POST' as const) : ('GET' as const), url, headers }
      const response = await exchange(body ? { ...request, body: await collect(body) } : request)
      return {
        url,
        method,
        headers: response.headers,
        body: [response.body].values() as unknown as AsyncIterableIterator<Uint8Array>,
        statusCode: response.status,
        statusMessage: '',
      }
    },
  }
}

async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxRequestBytes) throw new FairleadError('TooLarge', 'a request to the Git host became too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

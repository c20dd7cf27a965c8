import { FairleadError } from '../../errors.ts'
import type { Http, HttpRequest } from '../../ports.ts'
import type { AnswerCache } from './answer-cache.ts'

/** The part of the platform's `fetch` that octokit uses. Node's own is never touched: it costs tens of MiB. */
export type Fetch = (url: string, options: FetchOptions) => Promise<FetchAnswer>

interface FetchOptions {
  method: string
  headers: Record<string, string>
  body?: string | undefined
  signal?: AbortSignal | undefined
}

export interface FetchAnswer {
  status: number
  url: string
  headers: ReadonlyMap<string, string>
  text(): Promise<string>
}

export interface FetchSettings {
  http: Http
  /** Origin of the API; credentials go nowhere else. */
  origin: string
  /** Undefined for requests that bring a login of their own. */
  token?: () => Promise<string>
  cache?: AnswerCache
  /** Told the status of every answer, or the code of an error. */
  requested: (code: string) => void
}

/**
 * Anybody who can see a repository may open pull requests and review them, with 65,536 characters that JSON writes with up
 * to six bytes each. A page of 30 of them must fit, or outsiders could keep us from reading a list.
 */
const maxBytes = 16 * 1024 * 1024
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * A `fetch` for octokit over the one outbound client: bounded, without redirects, to one origin only, and conditional
 * for what it got before. Rejects with the client's errors.
 */
export function createFetch({ http, origin, token, cache, requested }: FetchSettings): Fetch {
  async function send(request: HttpRequest) {
    try {
      const answer = await http.request(request)
      requested(String(answer.status))
      return answer
    } catch (thrown) {
      if (thrown instanceof FairleadError) requested(thrown.code)
      throw thrown
    }
  }

  return async (url, options) => {
    if (new URL(url).origin !== origin) {
      throw new FairleadError(
        'HostInvalid',
        `an answer of ${origin} leads to ${new URL(url).origin}, which is not asked`,
      )
    }
    const method = methods.find((one) => one === options.method)
    if (method === undefined) throw new FairleadError('Internal', `no request of the kind ${options.method} is made`)
    const headers = { ...options.headers }
    if (token !== undefined) headers['authorization'] = `Bearer ${await token()}`
    const known = method === 'GET' ? cache?.find(url) : undefined
    if (known !== undefined) headers['if-none-match'] = known.headers['etag'] ?? ''
    const answer = await send({
      method,
      url,
      headers,
      maxBytes,
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    const used = method === 'GET' && cache !== undefined ? cache.resolve(url, answer, known) : answer
    // Everything GitHub's API says is JSON; a proxy's page in HTML becomes plain text on the way.
    const shown = new Map(Object.entries({ ...used.headers, 'content-type': 'application/json' }))
    return { status: used.status, url, headers: shown, text: async () => new TextDecoder().decode(used.body) }
  }
}

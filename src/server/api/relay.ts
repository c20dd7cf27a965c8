import type { Http } from '../../ports.ts'
import type { ServerAnswer, ServerRequest } from '../router.ts'
import { unavailable } from './failure.ts'

/** Marks a call that was passed on already; it is never passed on twice. */
export const relayedHeader = 'fairlead-relayed'

/** Passes a call on to the replica that may write, and brings its answer; undefined while nobody holds the lease. */
export type ApiRelay = (request: ServerRequest, body: Buffer) => Promise<ServerAnswer | undefined>

/** What the holder needs to check the call for itself: the token too, for identity is never passed on as a claim. */
const passedOn = ['authorization', 'content-type', 'if-match']
const broughtBack = ['content-type', 'etag', 'retry-after', 'www-authenticate']

export interface ApiRelaySettings {
  /** Must allow plain http to the holder. */
  http: Http
  /** `host:port` of the holder's API, from the Lease. */
  holder: () => string | undefined
  /** Default 10,000. */
  timeoutMs?: number
}

/** Sends once, without retry: the caller has to know whether its decision was taken. */
export function createApiRelay({ http, holder, timeoutMs = 10_000 }: ApiRelaySettings): ApiRelay {
  return async (request, body) => {
    const address = holder()
    if (address === undefined || !URL.canParse(`http://${address}`)) return undefined
    const headers = pick(passedOn, (name) => request.headers[name])
    const answer = await http.request({
      method: 'POST',
      // Joined as text: resolving the path against the address would let `//host` lead elsewhere.
      url: `${new URL(`http://${address}`).origin}${request.path}`,
      headers: { ...headers, [relayedHeader]: '1' },
      body,
      timeoutMs,
      maxBytes: 1024 * 1024,
      signal: request.signal,
    })
    return { status: answer.status, headers: pick(broughtBack, (name) => answer.headers[name]), body: answer.body }
  }
}

/** The holder's answer to a call that only it may carry out; 503 while there is none, and when this was its second try. */
export async function passOn(request: ServerRequest, body: Buffer, relay: ApiRelay): Promise<ServerAnswer> {
  const wasRelayed = request.headers[relayedHeader] !== undefined
  const answer = wasRelayed ? undefined : await relay(request, body)
  return answer ?? unavailable('NotLeader', 'no replica of fairlead leads now; try again')
}

function pick(names: readonly string[], read: (name: string) => unknown): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = read(name)
      return typeof value === 'string' ? [[name, value] as const] : []
    }),
  )
}

import type { IncomingHttpHeaders } from 'node:http'

/** A request as routes see it. */
export interface ServerRequest {
  method: string
  /** As it came, not decoded, without the query. May hold a secret: never log it. */
  path: string
  /** The `{name}` segments of the route's path, decoded. */
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  headers: IncomingHttpHeaders
  /** Address of the other end of the connection; empty when it is gone already. */
  client: string
  /** Aborts when the client is gone. */
  signal: AbortSignal
  /** The whole body. Rejects with `TooLarge` beyond the server's limit and with `Aborted` when it ends too early. */
  body(): Promise<Buffer>
}

export interface ServerAnswer {
  status: number
  headers?: Readonly<Record<string, string>>
  /** Pieces are sent as fast as the client takes them; their stream ends early when the server stops. */
  body?: string | Uint8Array | AsyncIterable<string>
}

/** One entry of a server's table. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `/api/v1/updates/{namespace}/{name}`; a segment in braces matches one non-empty segment. */
  path: string
  answer(request: ServerRequest): ServerAnswer | Promise<ServerAnswer>
}

export type Match =
  | { type: 'found'; route: Route; params: Record<string, string> }
  /** The path is known, but not with this method. */
  | { type: 'method'; allow: string }
  | { type: 'none' }

/** Finds the route of a path. GET routes answer HEAD too; the first fitting route wins. */
export function createRouter(routes: readonly Route[]) {
  const table = routes.map((route) => ({ route, segments: route.path.split('/') }))

  return (method: string, path: string): Match => {
    const given = decodeSegments(path)
    if (given === undefined) return { type: 'none' }
    const fitting = table.flatMap(({ route, segments }) => {
      const params = matchSegments(segments, given)
      return params === undefined ? [] : [{ route, params }]
    })
    const wanted = method === 'HEAD' ? 'GET' : method
    const found = fitting.find(({ route }) => route.method === wanted)
    if (found !== undefined) return { type: 'found', ...found }
    if (fitting.length === 0) return { type: 'none' }
    return { type: 'method', allow: [...new Set(fitting.map(({ route }) => route.method))].join(', ') }
  }
}

function decodeSegments(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function matchSegments(segments: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const value = given[index] ?? ''
    const name = /^\{([a-zA-Z]+)\}$/.exec(segment)?.[1]
    if (name === undefined ? segment !== value : value === '') return undefined
    if (name !== undefined) params[name] = value
  }
  return params
}

/** An answer in JSON. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ServerAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: `${JSON.stringify(value)}\n` }
}

/** An error in the one shape all our servers use: `{"error":{"code","message"}}`. */
export function problem(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ServerAnswer {
  return json(status, { error: { code, message } }, headers)
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { asFairleadError, FairleadError } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import { drainBody, readBody } from './request-body.ts'
import { createRouter, problem, type Route, type ServerAnswer, type ServerRequest } from './router.ts'

export interface HttpServerLimits {
  bodyBytes: number
  headersTimeoutMs: number
  requestTimeoutMs: number
  idleTimeoutMs: number
  headerLines: number
  connections: number
}

const defaultLimits: HttpServerLimits = {
  bodyBytes: 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 5_000,
  headerLines: 100,
  connections: 1000,
}

export interface HttpServerSettings {
  /** For messages: `webhook`, `api`, `metrics`. */
  name: string
  /** `:8080`, `127.0.0.1:0` or `[::1]:8080`; port 0 takes a free one. */
  listen: string
  routes: readonly Route[]
  clock: Clock
  log: Log
  limits?: Partial<HttpServerLimits>
}

export interface BoundAddress {
  host: string
  port: number
}

/** One inbound HTTP server. */
export interface HttpServer {
  /** Where it listens now. `ConfigInvalid` when the address is malformed or cannot be had. */
  start(): Promise<BoundAddress>
  /** Takes no new requests, ends streams, lets the others finish for `graceMs`, then cuts them. */
  stop(graceMs: number): Promise<void>
}

/** A bare node:http server with a table of routes, limits on everything that comes in, and a graceful end. */
export function createHttpServer(settings: HttpServerSettings): HttpServer {
  const limits = { ...defaultLimits, ...settings.limits }
  const { clock, log, name } = settings
  const findRoute = createRouter(settings.routes)
  const stopping = new AbortController()
  const server = createLimitedServer(limits)
  server.on('request', (request, response) => {
    handle(request, response).catch((error) => {
      log.debug({ server: name, error: asFairleadError(error).message }, 'an answer could not be sent in full')
      response.destroy()
    })
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await answerRequest(request, response)
    await drainBody(request, clock)
    if (response.destroyed) return
    if (stopping.signal.aborted || !request.complete) response.setHeader('connection', 'close')
    await send(response, answer, stopping.signal)
  }

  async function answerRequest(request: IncomingMessage, response: ServerResponse): Promise<ServerAnswer> {
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2)
    const match = findRoute(request.method ?? '', path)
    if (match.type === 'none') return problem(404, 'NotFound', 'there is nothing at this path')
    if (match.type === 'method') return problem(405, 'MethodNotAllowed', `use ${match.allow}`, { allow: match.allow })
    try {
      return await match.route.answer(describeRequest(request, response, { path, search, params: match.params }))
    } catch (error) {
      return failureAnswer(asFairleadError(error), match.route)
    }
  }

  function describeRequest(
    request: IncomingMessage,
    response: ServerResponse,
    { path, search, params }: { path: string; search: string; params: Record<string, string> },
  ): ServerRequest {
    let gone: AbortSignal | undefined
    return {
      method: request.method ?? '',
      path,
      params,
      query: new URLSearchParams(search),
      headers: request.headers,
      client: request.socket.remoteAddress ?? '',
      // Made for those who ask for it: few do, and it costs more than the rest of a small request.
      get signal() {
        gone ??= closing(response)
        return gone
      },
      body: () => readBody(request, limits.bodyBytes),
    }
  }

  /** The path stays out of the log: it may hold a webhook's secret. The route's pattern tells enough. */
  function failureAnswer(error: FairleadError, route: Route): ServerAnswer {
    if (error.code === 'TooLarge') return problem(413, 'TooLarge', error.message)
    if (error.code === 'Aborted') return problem(400, 'Aborted', error.message)
    log.error(
      { server: name, route: `${route.method} ${route.path}`, code: error.code, error: error.message },
      'a request failed',
    )
    return problem(500, 'Internal', 'the request failed; the log of fairlead says why')
  }

  return {
    async start() {
      const { host, port } = parseListen(settings.listen, name)
      return listen(server, host, port, name)
    },
    async stop(graceMs) {
      stopping.abort()
      if (!server.listening) return
      const closed = new AbortController()
      server.close(() => closed.abort())
      server.closeIdleConnections()
      await clock.sleep(graceMs, closed.signal)
      server.closeAllConnections()
    },
  }
}

/** Aborts when the connection of an answer is closed, or the answer was sent. */
function closing(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  if (response.closed) gone.abort()
  else response.once('close', () => gone.abort())
  return gone.signal
}

function createLimitedServer(limits: HttpServerLimits): Server {
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    maxHeaderSize: 16 * 1024,
    connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
    noDelay: true,
  })
  server.maxHeadersCount = limits.headerLines
  server.maxConnections = limits.connections
  return server
}

async function send(response: ServerResponse, answer: ServerAnswer, stopping: AbortSignal): Promise<void> {
  const { status, body, headers = {} } = answer
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  // With its length known the answer is one write, not four.
  const length = isWhole ? { 'content-length': Buffer.byteLength(body) } : {}
  response.writeHead(status, {
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...length,
    ...headers,
  })
  if (body === undefined || isWhole) return void response.end(body)
  if (response.req.method === 'HEAD') return void response.end()
  await pipeline(Readable.from(body), response, { signal: stopping })
}

/** `:8080` means every address of the machine. */
export function parseListen(listen: string, name: string): BoundAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]*)):(\d{1,5})$/.exec(listen)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new FairleadError(
      'ConfigInvalid',
      `listen.${name}: ${JSON.stringify(listen)} is no address; write ":8080" or "127.0.0.1:8080"`,
    )
  }
  return { host: match[1] ?? match[2] ?? '', port }
}

function listen(server: Server, host: string, port: number, name: string): Promise<BoundAddress> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === 'EADDRINUSE' ? '; another container of the pod may have the port, choose a free one' : ''
      reject(
        new FairleadError('ConfigInvalid', `listen.${name}: cannot listen on ${host}:${port} (${error.code})${hint}`),
      )
    }
    server.once('error', fail)
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', fail)
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address : { address: host, port }
      resolve({ host: bound.address, port: bound.port })
    })
  })
}

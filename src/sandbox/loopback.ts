import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** One exchange on a sandbox server. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  method: string
  url: URL
}

/** A running HTTP server on a free port of 127.0.0.1. */
export interface Loopback {
  /** `http://127.0.0.1:<port>` without a final slash. */
  url: string
  /** Cuts every open connection and frees the port. */
  close(): Promise<void>
}

/**
 * Listens on a free loopback port. An exception in `answer` becomes a 500 with its text, because whoever reads it is
 * a test or a demo.
 */
export async function listenOnLoopback(answer: (exchange: Exchange) => Promise<void> | void): Promise<Loopback> {
  const server = createServer((request, response) => {
    const exchange = {
      request,
      response,
      method: request.method ?? 'GET',
      url: new URL(request.url ?? '/', 'http://127.0.0.1'),
    }
    Promise.resolve()
      .then(() => answer(exchange))
      .catch((thrown: unknown) => {
        if (response.headersSent) response.destroy()
        else sendText(response, 500, thrown instanceof Error ? thrown.message : String(thrown))
      })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The whole request body, unzipped when it came as gzip. Rejects beyond `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes = 64 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Uint8Array)
    size += bytes.length
    if (size > maxBytes) throw new Error(`the request body is larger than ${maxBytes} bytes`)
    chunks.push(bytes)
  }
  const body = Buffer.concat(chunks)
  const zipped = request.headers['content-encoding'] === 'gzip' || request.headers['content-encoding'] === 'x-gzip'
  return zipped ? gunzipSync(body, { maxOutputLength: maxBytes }) : body
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers })
  response.end(bytes)
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(text)
}

import * as http from 'node:http'
import { FairleadError } from '../errors.ts'
import type { HttpResponse } from '../ports.ts'

const maxHeaderLines = 200

/** One request that is ready to be sent. */
export interface Exchange {
  /** Opens it; called a second time when a kept connection turned out to be dead. */
  open: () => http.ClientRequest
  body: Buffer | undefined
  maxBytes: number
  mayLackBody: boolean
  /** Method and origin, for messages. */
  what: string
}

/**
 * Sends and receives. A kept connection may have been closed by the other side just now; a request that only reads is
 * then sent once more on a new one. Rejects with what the socket says, `TooLarge` or `HttpFailed`.
 */
export async function exchange(one: Exchange): Promise<HttpResponse> {
  const first = one.open()
  try {
    return await send(first, one)
  } catch (error) {
    const lost = errorCode(error) === 'ECONNRESET' || errorCode(error) === 'EPIPE'
    const harmless = first.method === 'GET' || first.method === 'HEAD'
    if (!first.reusedSocket || !lost || !harmless) throw error
    return send(one.open(), one)
  }
}

function send(request: http.ClientRequest, one: Exchange): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { body, what } = one
    // Header lines beyond the limit would be dropped silently, and with them perhaps the link to the next page.
    request.maxHeadersCount = maxHeaderLines + 1
    let isAnswered = false
    // What ends the request later ends its answer's body, too.
    request.on('error', (error) => isAnswered || reject(error))
    request.once('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new FairleadError('HttpFailed', `${what}: the answer wants to switch protocols`))
    })
    request.once('response', (response) => {
      isAnswered = one.mayLackBody
      receive(response, one).then(resolve, (error) => {
        response.destroy()
        reject(error)
      })
    })
    request.end(body)
  })
}

async function receive(response: http.IncomingMessage, one: Exchange): Promise<HttpResponse> {
  const { maxBytes, mayLackBody, what } = one
  if (response.rawHeaders.length / 2 > maxHeaderLines) {
    throw new FairleadError('HttpFailed', `${what}: the answer has more than ${maxHeaderLines} header lines`)
  }
  const tooLarge = () => new FairleadError('TooLarge', `${what}: the answer is larger than ${maxBytes} bytes`)
  const hasBody = response.statusCode !== 204 && response.statusCode !== 304 && requestMethod(response) !== 'HEAD'
  if (hasBody && !mayLackBody && Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()

  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response) {
      if (size + chunk.length > maxBytes) throw tooLarge()
      size += chunk.length
      chunks.push(chunk)
    }
  } catch (error) {
    if (!mayLackBody) throw error
  }
  return { status: response.statusCode ?? 0, headers: responseHeaders(response), body: Buffer.concat(chunks, size) }
}

function requestMethod(response: http.IncomingMessage): string | undefined {
  return 'req' in response && response.req instanceof http.ClientRequest ? response.req.method : undefined
}

function responseHeaders(response: http.IncomingMessage): Record<string, string> {
  const joined = new Map<string, string>()
  for (let at = 0; at + 1 < response.rawHeaders.length; at += 2) {
    const name = (response.rawHeaders[at] ?? '').toLowerCase()
    const value = response.rawHeaders[at + 1] ?? ''
    const before = joined.get(name)
    joined.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return Object.fromEntries(joined)
}

/** Node's name for a failure, such as `ECONNREFUSED`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

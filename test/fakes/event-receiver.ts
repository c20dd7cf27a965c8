import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** One request as it came in; a compressed body is unpacked. */
export interface ReceivedRequest {
  method: string
  path: string
  headers: IncomingMessage['headers']
  /** The bytes that a signature is over. */
  text: string
  json: unknown
}

/** How the next requests are answered. */
export type ReceiverAnswer =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Never, no end, or the connection is cut: at once, or within the body of a 200. */
  | 'hang'
  | 'endless'
  | 'cut'
  | 'half'

/** What receives events: it takes everything, and answers what Slack's API and Pub/Sub answer at their paths. */
export interface EventReceiver {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** Bytes written to answers so far. */
  readonly bytesSent: number
  /** Every request from now on is answered so; undefined: taken again. */
  answerWith(answer: ReceiverAnswer | undefined): void
  /** Answers by what was asked; undefined takes it. */
  decide(rule: (request: ReceivedRequest) => ReceiverAnswer | undefined): void
  /** Resolves when so many requests have come in altogether. */
  received(count: number): Promise<void>
  close(): Promise<void>
}

export async function startEventReceiver(): Promise<EventReceiver> {
  const requests: ReceivedRequest[] = []
  let rule: (request: ReceivedRequest) => ReceiverAnswer | undefined = () => undefined
  let bytesSent = 0
  let waiting: { count: number; wake: () => void }[] = []
  let messages = 0

  const taken = ({ path, json }: ReceivedRequest): ReceiverAnswer => {
    if (path.endsWith('/chat.postMessage')) {
      const ts = `1700000000.${String(++messages).padStart(6, '0')}`
      return { status: 200, body: JSON.stringify({ ok: true, channel: 'C0123', ts }) }
    }
    if (path.endsWith('/chat.update')) return { status: 200, body: JSON.stringify({ ok: true }) }
    if (path.endsWith(':publish')) {
      const published = (json as { messages: unknown[] }).messages
      return { status: 200, body: JSON.stringify({ messageIds: published.map((_, index) => `${index}`) }) }
    }
    return { status: 202, body: '' }
  }

  const server = createServer(async (request, response) => {
    const raw = Buffer.concat(await request.toArray())
    const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString()
    const { method = '', url: path = '', headers } = request
    const one = { method, path, headers, text, json: JSON.parse(text) }
    requests.push(one)
    for (const { wake } of waiting.filter(({ count }) => count <= requests.length)) wake()
    waiting = waiting.filter(({ count }) => count > requests.length)
    const answer = rule(one) ?? taken(one)
    if (answer === 'hang') return
    if (answer === 'cut') return request.socket.destroy()
    if (answer === 'endless') return pour(response)
    if (answer === 'half') {
      response.writeHead(200, { 'content-length': 1000 }).write('half', () => request.socket.destroySoon())
      return
    }
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })

  /** A gigabyte, as fast as it is taken. */
  function pour(response: ServerResponse): void {
    const piece = 'x'.repeat(64 * 1024)
    const more = () => {
      while (!response.destroyed && bytesSent < 1024 ** 3) {
        bytesSent += piece.length
        if (!response.write(piece)) return
      }
      response.end()
    }
    response.on('drain', more)
    more()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    requests,
    get bytesSent() {
      return bytesSent
    },
    answerWith(answer) {
      rule = () => answer
    },
    decide(next) {
      rule = next
    },
    received: (count) =>
      requests.length >= count
        ? Promise.resolve()
        : new Promise((wake) => {
            waiting.push({ count, wake })
          }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

import { Agent, type IncomingMessage, request as startRequest } from 'node:http'

export interface OutgoingRequest {
  method: string
  url: string
  headers?: Record<string, string>
  body?: string
  /** Until the answer is complete (for a stream: until it begins); default 10,000. */
  timeoutMs?: number
}

/** A plain HTTP client of one sandbox part; its connections end with it. */
export interface HttpClient {
  request(request: OutgoingRequest): Promise<{ status: number; text: string }>
  /** The answer as it arrives, for watches. */
  stream(request: OutgoingRequest): Promise<IncomingMessage>
  close(): void
}

export function createHttpClient(): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })

  function stream(request: OutgoingRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { method, url, headers = {}, body, timeoutMs = 10_000 } = request
      const outgoing = startRequest(url, { method, headers, agent })
      const timer = setTimeout(
        () => outgoing.destroy(new Error(`${method} ${url} took longer than ${timeoutMs} ms`)),
        timeoutMs,
      )
      outgoing.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      outgoing.on('response', (response) => {
        clearTimeout(timer)
        resolve(response)
      })
      outgoing.end(body)
    })
  }

  return {
    stream,
    async request(request) {
      const response = await stream(request)
      const timer = setTimeout(
        () => response.destroy(new Error('the answer did not end in time')),
        request.timeoutMs ?? 10_000,
      )
      try {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(Buffer.from(chunk as Uint8Array))
        return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }
      } finally {
        clearTimeout(timer)
      }
    },
    close: () => agent.destroy(),
  }
}

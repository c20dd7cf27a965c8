import type { ApiServer } from '../../../src/sandbox/kubernetes/api-server.ts'

/** What an API call answered; `body` is unchecked JSON, read with `toMatchObject`. */
export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown> & { metadata?: Record<string, unknown> }
}

export type Call = (method: string, path: string, body?: unknown, type?: string) => Promise<Answer>

/** Calls the API with a bearer token. */
export function callerOf(server: ApiServer, token = server.adminToken): Call {
  return async (method, path, body, type = 'application/json') => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? JSON.parse(text) : { text },
    }
  }
}

export interface WatchLine {
  type: string
  object: Record<string, unknown> & { metadata: Record<string, unknown> }
}

/** An open watch that is read line by line. */
export interface OpenWatch {
  status: number
  /** The next line; undefined when the stream has ended. */
  next(): Promise<WatchLine | undefined>
  /** All lines until the stream ends. */
  rest(): Promise<WatchLine[]>
  stop(): void
}

export async function openWatch(server: ApiServer, path: string): Promise<OpenWatch> {
  const controller = new AbortController()
  const response = await fetch(server.url + path, {
    headers: { authorization: `Bearer ${server.adminToken}` },
    signal: controller.signal,
  })
  const lines = linesOf(response)
  const next = async () => {
    const { value } = await lines.next()
    return value === undefined ? undefined : (JSON.parse(value) as WatchLine)
  }
  return {
    status: response.status,
    next,
    async rest() {
      const all: WatchLine[] = []
      for (let line = await next(); line !== undefined; line = await next()) all.push(line)
      return all
    },
    stop: () => controller.abort(),
  }
}

async function* linesOf(response: Response): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response.body ?? []) {
    const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  return undefined
}

/** A Deployment as a user would write it. */
export function aDeployment(
  name: string,
  image = 'acme/web:1.0.0',
  spec: Record<string, unknown> = {},
): Record<string, unknown> {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
      ...spec,
    },
  }
}

export const deployments = '/apis/apps/v1/namespaces/default/deployments'

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a test lets the host answer to one request. */
export interface Said {
  status?: number
  body?: unknown
  headers?: Record<string, string>
}

export interface Heard {
  method: string
  /** Path below the API, with its query string. */
  path: string
  headers: Record<string, string | undefined>
  body: unknown
}

type Answer = Said | ((request: Heard) => Said)

/** A host that answers as it is told, with an ETag on everything that it lets others read. */
export interface GitHubServer {
  apiURL: string
  /** All that was asked, oldest first. */
  heard: Heard[]
  /** `GET /repos/acme/gitops/pulls/1`; a query string is part of it only when it is in the name. */
  on(name: string, answer: Answer): void
  /** `METHOD /path` of what was asked, and the status it got. */
  told(): string[]
  close(): Promise<void>
}

async function hear(request: IncomingMessage): Promise<Heard> {
  let text = ''
  for await (const chunk of request) text += chunk
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const path = (request.url ?? '').replace(/^\/api\/v3/, '')
  return { method: request.method ?? '', path, headers, body: text === '' ? undefined : JSON.parse(text) }
}

export async function createGitHubServer(): Promise<GitHubServer> {
  const answers = new Map<string, Answer>()
  const heard: Heard[] = []
  const told: string[] = []

  function sayTo(one: Heard): Said {
    const answer = answers.get(`${one.method} ${one.path}`) ?? answers.get(`${one.method} ${one.path.split('?')[0]}`)
    if (typeof answer === 'function') return answer(one)
    return answer ?? { status: 404, body: { message: 'Not Found' } }
  }

  const server = createServer(async (request, response) => {
    const one = await hear(request)
    heard.push(one)
    const { status: wanted = 200, body: said, headers } = sayTo(one)
    const body = said === undefined ? '' : JSON.stringify(said)
    const etag = `W/"${createHash('sha1').update(body).digest('hex')}"`
    const isRead = one.method === 'GET' && wanted === 200
    const status = isRead && one.headers['if-none-match'] === etag ? 304 : wanted
    told.push(`${status} ${one.method} ${one.path.split('?')[0]}`)
    const always = { 'content-type': 'application/json; charset=utf-8', ...(isRead ? { etag } : {}) }
    response.writeHead(status, { ...always, ...headers })
    response.end(status === 304 ? '' : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    apiURL: `http://127.0.0.1:${port}/api/v3`,
    heard,
    on: (name, answer) => void answers.set(name, answer),
    told: () => told.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

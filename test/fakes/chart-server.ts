import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A Helm repository over HTTP. */
export interface ChartServer {
  /** `127.0.0.1:port` */
  readonly host: string
  /** `GET path status` of everything that was asked, in order. */
  readonly requests: readonly string[]
  readonly authorizations: readonly (string | undefined)[]
  /** What is served as `/charts/index.yaml`; undefined = 404. */
  serve(index: string | undefined): void
  /** Wanted with every request, e.g. `Basic …`. */
  protect(authorization: string): void
  /** Answers the next request. */
  answerNext(answer: (request: IncomingMessage, response: ServerResponse) => void): void
  close(): Promise<void>
}

export async function startChartServer({ etags = true } = {}): Promise<ChartServer> {
  const requests: string[] = []
  const authorizations: (string | undefined)[] = []
  const scripted: ((request: IncomingMessage, response: ServerResponse) => void)[] = []
  let index: string | undefined
  let wanted: string | undefined
  let version = 0

  const answer = (request: IncomingMessage, response: ServerResponse): unknown => {
    const script = scripted.shift()
    if (script !== undefined) return script(request, response)
    if (wanted !== undefined && request.headers.authorization !== wanted) return response.writeHead(401).end()
    if (request.url !== '/charts/index.yaml' || index === undefined) return response.writeHead(404).end()
    if (etags) response.setHeader('etag', `"${version}"`)
    if (etags && request.headers['if-none-match'] === `"${version}"`) return response.writeHead(304).end()
    return response.end(index)
  }

  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization)
    response.once('close', () => requests.push(`${request.method} ${request.url} ${response.statusCode}`))
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()

  return {
    host: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    requests,
    authorizations,
    serve(text) {
      index = text
      version++
    },
    protect(authorization) {
      wanted = authorization
    },
    answerNext(script) {
      scripted.push(script)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An index as `helm repo index` writes it, for these charts and versions. */
export function helmIndex(charts: Readonly<Record<string, readonly string[]>>): string {
  const item = (chart: string, version: string) =>
    `  - apiVersion: v2\n    created: "2024-05-06T07:08:09Z"\n    name: ${chart}\n    urls:\n    - ${chart}-${version}.tgz\n    version: ${version}\n`
  const entries = Object.entries(charts).map(([chart, versions]) =>
    versions.length === 0 ? `  ${chart}: []\n` : `  ${chart}:\n${versions.map((one) => item(chart, one)).join('')}`,
  )
  return `apiVersion: v1\nentries:\n${entries.join('')}generated: "2024-05-06T07:08:09Z"\n`
}

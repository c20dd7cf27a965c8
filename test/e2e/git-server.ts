import { execFileSync, spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** Git's own smart HTTP server (`git http-backend`) behind node:http, with one user that must give a password. */
export interface GitServer {
  readonly user: string
  readonly password: string
  urlOf(repository: string): string
  /** Runs once, when the next push has been accepted and before its answer is sent. */
  afterNextPush(action: () => Promise<void>): void
  close(): Promise<void>
}

/** Serves every bare repository in `root`. */
export async function startGitServer(root: string): Promise<GitServer> {
  const user = 'gitops'
  const password = 'correct horse'
  const backend = join(execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim(), 'git-http-backend')
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  let pushed: (() => Promise<void>) | undefined

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="gitops"' }).end()
      return
    }
    const url = new URL(request.url ?? '/', 'http://localhost')
    const { status, headers, body } = await runBackend(backend, request, {
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: user,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
    })
    if (url.pathname.endsWith('/git-receive-pack') && pushed !== undefined) {
      const action = pushed
      pushed = undefined
      await action()
    }
    response.writeHead(status, headers).end(body)
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error) => response.destroy(error instanceof Error ? error : undefined))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    user,
    password,
    urlOf: (repository) => `http://127.0.0.1:${port}/${repository}.git`,
    afterNextPush: (action) => {
      pushed = action
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface CgiAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

/** One CGI exchange (RFC 3875) as git-http-backend(1) wants it. */
function runBackend(file: string, request: IncomingMessage, env: Record<string, string>): Promise<CgiAnswer> {
  const header = (name: string) => String(request.headers[name] ?? '')
  const child = spawn(file, [], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: header('git-protocol'),
      REMOTE_ADDR: '127.0.0.1',
      ...env,
    },
  })
  request.pipe(child.stdin)
  child.stdin.on('error', () => request.unpipe()) // the backend may answer before it read everything
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', () => resolve(parseCgi(Buffer.concat(chunks))))
  })
}

function parseCgi(output: Buffer): CgiAnswer {
  const end = output.indexOf('\r\n\r\n')
  const lines = output.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const { status = '200', ...others } = headers
  return { status: Number.parseInt(status, 10), headers: others, body: output.subarray(end + 4) }
}

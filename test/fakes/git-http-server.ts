import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What goes wrong with one request. */
export type GitFault =
  | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
  /** The request is carried out, then the connection is cut. */
  | { kind: 'drop-answer' }
  | { kind: 'delay'; ms: number }
  /** Nothing is ever answered. */
  | { kind: 'hang' }

export interface GitRequest {
  method: string
  /** Path and query, e.g. `/apps.git/info/refs?service=git-receive-pack`. */
  url: string
  /** True for the request that carries the pack of a push. */
  isPush: boolean
}

/** A bare repository that is served. */
export interface ServedRepository {
  readonly dir: string
  readonly url: string
  /** Runs git in the repository and answers its output without the final line break. */
  git(args: readonly string[], input?: string | Buffer): string
  /** Commits files (`undefined` removes one) on a branch and answers the commit id. */
  commit(change: ServedCommit): string
  /** Installs an executable hook; `''` removes it. */
  hook(name: string, script: string): void
}

export interface ServedFile {
  mode?: '100644' | '100755' | '120000' | '160000'
  content: string | Buffer
}

export interface ServedCommit {
  branch?: string
  message?: string
  files: Record<string, string | Buffer | ServedFile | undefined>
  /** Starts a new root commit instead of adding to the branch. */
  orphan?: boolean
}

export interface GitHttpServer {
  readonly host: string
  readonly url: string
  /** Requests so far, oldest first. */
  readonly requests: readonly GitRequest[]
  /** When set, every request must carry this login. */
  login: { user: string; password: string } | undefined
  /** Asked for every request. */
  fault: (request: GitRequest) => GitFault | undefined
  create(name: string): ServedRepository
  close(): Promise<void>
}

/** Is there a git binary with http-backend? Suites over it are skipped, and say so, without. */
export function hasGit(): boolean {
  try {
    execFileSync('git', ['http-backend'], { input: '', stdio: ['pipe', 'ignore', 'ignore'] })
    return true
  } catch {
    process.stderr.write('SKIPPED: there is no git with http-backend on PATH, Git suites do not run\n')
    return false
  }
}

/** Smart HTTP on the loopback, by `git http-backend`, with faults. */
export async function startGitHttpServer(): Promise<GitHttpServer> {
  const root = mkdtempSync(join(tmpdir(), 'git-http-'))
  const requests: GitRequest[] = []
  const running = new Set<ChildProcess>()
  const state: Pick<GitHttpServer, 'login' | 'fault'> = { login: undefined, fault: () => undefined }

  const server = createServer((request, response) => {
    const seen = { method: request.method ?? '', url: request.url ?? '', isPush: isPush(request) }
    requests.push(seen)
    if (!isAllowed(request, state.login)) return answer(response, 401, { 'www-authenticate': 'Basic realm="git"' }, '')
    const fault = state.fault(seen)
    if (fault?.kind === 'status') return answer(response, fault.status, fault.headers ?? {}, fault.body ?? '')
    if (fault?.kind === 'hang') return
    const go = () => serve({ root, request, response, running, drop: fault?.kind === 'drop-answer' })
    if (fault?.kind === 'delay') setTimeout(go, fault.ms)
    else go()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`

  return Object.assign(state, {
    host,
    url: `http://${host}`,
    requests,
    create: (name: string) => createServed(join(root, `${name}.git`), `http://${host}/${name}.git`),
    async close() {
      for (const child of running) child.kill('SIGKILL')
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    },
  })
}

function isPush(request: IncomingMessage): boolean {
  return request.method === 'POST' && (request.url ?? '').endsWith('/git-receive-pack')
}

function isAllowed(request: IncomingMessage, login: GitHttpServer['login']): boolean {
  if (login === undefined) return true
  const wanted = Buffer.from(`${login.user}:${login.password}`).toString('base64')
  return request.headers.authorization === `Basic ${wanted}`
}

function answer(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, headers).end(body)
}

interface Serving {
  root: string
  request: IncomingMessage
  response: ServerResponse
  running: Set<ChildProcess>
  drop: boolean
}

/** One CGI run (RFC 3875). */
function serve({ root, request, response, running, drop }: Serving): void {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_NOSYSTEM: '1',
      HOME: root,
      PATH_INFO: decodeURIComponent(path),
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      REMOTE_USER: 'tester',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(request.headers['content-length'] ? { CONTENT_LENGTH: request.headers['content-length'] } : {}),
    },
  })
  running.add(child)
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk) => chunks.push(chunk))
  child.stderr.resume()
  child.stdin.on('error', () => undefined)
  request.pipe(child.stdin)
  child.on('close', () => {
    running.delete(child)
    if (drop) return void request.socket.destroy()
    const output = Buffer.concat(chunks)
    const end = output.indexOf('\r\n\r\n')
    const headers = output.subarray(0, end).toString('latin1').split('\r\n').map(splitHeader)
    const status = headers.find(([name]) => name === 'status')?.[1]
    for (const [name, value] of headers) if (name !== 'status' && name !== '') response.setHeader(name, value)
    response.writeHead(Number(status?.slice(0, 3) ?? 200)).end(output.subarray(end + 4))
  })
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]
}

const who = 'Tester <tester@example.com> 1767225600 +0000'

function createServed(dir: string, url: string): ServedRepository {
  mkdirSync(dir, { recursive: true })
  const git = (args: readonly string[], input: string | Buffer = '') =>
    execFileSync('git', args, {
      cwd: dir,
      input,
      maxBuffer: 256 * 1024 * 1024,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: dir, GIT_CONFIG_NOSYSTEM: '1', GIT_DIR: dir },
    })
      .toString('utf8')
      .replace(/\n$/, '')
  git(['init', '--quiet', '--bare', '--initial-branch=main', dir])
  for (const [name, value] of [
    ['http.receivepack', 'true'],
    ['uploadpack.allowFilter', 'true'],
    ['gc.auto', '0'],
    ['core.fsync', 'none'],
    ['receive.autogc', 'false'],
    ['fsck.zeroPaddedFilemode', 'ignore'],
  ] as const)
    git(['config', name, value])
  return {
    dir,
    url,
    git,
    commit(change) {
      const branch = change.branch ?? 'main'
      const exists = git(['for-each-ref', `refs/heads/${branch}`]) !== ''
      git(['fast-import', '--quiet', '--force'], renderImport(change, branch, exists && !change.orphan))
      return git(['rev-parse', `refs/heads/${branch}`])
    },
    hook(name, script) {
      const file = join(dir, 'hooks', name)
      rmSync(file, { force: true })
      if (script === '') return
      writeFileSync(file, `#!/bin/sh\n${script}\n`)
      chmodSync(file, 0o755)
    },
  }
}

/** A stream for `git fast-import`: one commit. */
function renderImport({ files, message = 'a commit' }: ServedCommit, branch: string, isNext: boolean): Buffer {
  const parts: (string | Buffer)[] = [`commit refs/heads/${branch}\nauthor ${who}\ncommitter ${who}\n`]
  parts.push(`data ${Buffer.byteLength(message)}\n${message}\n`)
  if (isNext) parts.push(`from refs/heads/${branch}^0\n`)
  for (const [path, value] of Object.entries(files)) {
    const file: ServedFile | undefined =
      typeof value === 'string' || Buffer.isBuffer(value) ? { content: value } : value
    if (file === undefined) parts.push(`D "${path}"\n`)
    else if (file.mode === '160000') parts.push(`M 160000 ${file.content.toString()} "${path}"\n`)
    else {
      const content = Buffer.from(file.content)
      parts.push(`M ${file.mode ?? '100644'} inline "${path}"\ndata ${content.length}\n`, content, '\n')
    }
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part)))
}

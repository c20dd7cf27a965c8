import { type Exchange, listenOnLoopback, readBody, sendText } from '../loopback.ts'
import { advertise } from './advertisement.ts'
import { zeroId } from './git-object.ts'
import { answerReceivePack, type PushRefusal, type PushRule, type RefUpdate } from './receive-pack.ts'
import {
  createRepository,
  type FileChanges,
  type LogEntry,
  type Repository,
  readFile,
  readFiles,
  readLog,
  writeCommit,
} from './repository.ts'
import { answerUploadPack } from './upload-pack.ts'

export interface GitHostOptions {
  /** Basic authentication for everything; open to all without. The user name is not checked. */
  password?: string
  /**
   * Which branches can neither be deleted nor rewritten: every one (default), or only the default branch, as hosting
   * services are usually set up.
   */
  protection?: 'every-branch' | 'default-branch'
}

/** A reference that moved, by a push or by `commit`. */
export interface PushEvent extends RefUpdate {
  repository: string
  /** Account that pushed, where one is known. */
  pusher?: string
}

/** Why a push may not move a reference, beside the host's own rules; undefined when it may. */
export type PushGuard = (event: PushEvent, isFastForward: boolean) => PushRefusal | undefined

/** Git smart HTTP hosting that lives in this process and needs no git binary. */
export interface GitHost {
  url: string
  /** `<url>/<name>.git` */
  urlOf(name: string): string
  createRepository(name: string, files: FileChanges, options?: { defaultBranch?: string; message?: string }): string
  /** Commits on top of a branch (made when missing) as a person with a clone would. Returns the commit id. */
  commit(name: string, branch: string, files: FileChanges, message: string, author?: string): string
  /** Commit id a branch or full reference points to. */
  head(name: string, branch: string): string | undefined
  /** First-parent history, newest first; empty when there is no such branch. */
  log(name: string, branch: string): LogEntry[]
  /** `revision` is a branch or a commit id. */
  readFile(name: string, revision: string, path: string): string | undefined
  readFiles(name: string, revision: string, folder?: string): Map<string, string>
  /** Full reference names to ids. */
  refs(name: string): ReadonlyMap<string, string>
  /** The repository itself, for a service around this host; undefined when there is none. */
  repository(name: string): Repository | undefined
  /** Moves, makes or (with `zeroId`) deletes a reference without asking any rule. */
  moveRef(name: string, ref: string, after: string, pusher?: string): void
  /** Asked about every push from now on, before the host's own rules. */
  guard(guard: PushGuard): void
  /** Answers a request of the smart protocol that came to another server, without asking for the password. */
  serve(exchange: Exchange, name: string, pusher?: string): Promise<void>
  onPush(listener: (event: PushEvent) => void): () => void
  /** The next push is taken in, but the connection breaks before the answer. */
  dropPushResponse(): void
  /** The next push is refused in the words of a hook. */
  rejectPush(message: string): void
  /** The next `times` requests are answered with this status. */
  fail(next: { status: number; times?: number }): void
  close(): Promise<void>
}

export async function startGitHost(options: GitHostOptions = {}): Promise<GitHost> {
  const repositories = new Map<string, Repository>()
  const listeners = new Set<(event: PushEvent) => void>()
  const failures: number[] = []
  const rejections: string[] = []
  const guards: PushGuard[] = []
  let drops = 0

  function open(name: string): Repository {
    const repository = repositories.get(name)
    if (repository === undefined) throw new Error(`there is no repository ${name} in the sandbox`)
    return repository
  }

  function announce(event: PushEvent): void {
    for (const listener of [...listeners]) listener(event)
  }

  async function answer(exchange: Exchange): Promise<void> {
    const { request, response, url } = exchange
    const failure = failures.shift()
    if (failure !== undefined) {
      sendText(response, failure, 'a failure asked for by the test\n')
      return
    }
    if (!isAdmitted(request.headers.authorization, options.password)) {
      response.setHeader('www-authenticate', 'Basic realm="sandbox"')
      sendText(response, 401, 'authentication required\n')
      return
    }
    const [, name = ''] =
      /^\/(.+?)(?:\.git)?\/(?:info\/refs|git-upload-pack|git-receive-pack)$/.exec(url.pathname) ?? []
    await serve(exchange, name)
  }

  async function serve(exchange: Exchange, name: string, pusher?: string): Promise<void> {
    const { request, response, url } = exchange
    const part = /(?:info\/refs|git-upload-pack|git-receive-pack)$/.exec(url.pathname)?.[0]
    const repository = repositories.get(name)
    const service = part === 'info/refs' ? url.searchParams.get('service') : part
    if (repository === undefined) sendText(response, 404, 'repository not found\n')
    else if (service !== 'git-upload-pack' && service !== 'git-receive-pack') {
      sendText(response, 403, 'only the smart protocol is served here\n')
    } else if (part === 'info/refs') advertise(exchange, repository, service)
    else {
      const body = await readBody(request)
      const reads = service === 'git-upload-pack'
      const result = reads ? answerUploadPack(repository, body) : receive(repository, body, pusher)
      response.writeHead(200, { 'content-type': `application/x-${service}-result` })
      // Without a first byte of the answer, clients would send the push once more on a new connection.
      if (result === 'dropped') response.write('00', () => response.destroy())
      else response.end(result)
    }
  }

  function receive(repository: Repository, body: Buffer, pusher: string | undefined): Buffer | 'dropped' {
    const isProbe = body.length <= 4
    const hookMessage = isProbe ? undefined : rejections.shift()
    const event = (update: RefUpdate) => eventOf(repository.name, update, pusher)
    const rule: PushRule = (update, isFastForward) => {
      const guarded = guards.map((guard) => guard(event(update), isFastForward)).find((one) => one !== undefined)
      return guarded ?? ruleOf(repository, options)(update, isFastForward)
    }
    const { response, moved } = answerReceivePack(repository, body, { rule, hookMessage })
    for (const update of moved) announce(event(update))
    if (isProbe || drops === 0) return response
    drops -= 1
    return 'dropped'
  }

  function moveRef(name: string, ref: string, after: string, pusher?: string): void {
    const { refs } = open(name)
    const before = refs.get(ref) ?? zeroId
    if (after === zeroId) refs.delete(ref)
    else refs.set(ref, after)
    announce(eventOf(name, { ref, before, after }, pusher))
  }

  function commit(name: string, branch: string, files: FileChanges, message: string, author?: string): string {
    const repository = open(name)
    const after = writeCommit(repository, branch, files, author === undefined ? { message } : { message, author })
    moveRef(name, `refs/heads/${branch}`, after)
    return after
  }

  function resolve(name: string, revision: string): string | undefined {
    const { refs, objects } = open(name)
    return refs.get(`refs/heads/${revision}`) ?? refs.get(revision) ?? (objects.has(revision) ? revision : undefined)
  }

  const loopback = await listenOnLoopback(answer)
  return {
    url: loopback.url,
    urlOf: (name) => `${loopback.url}/${name}.git`,
    createRepository(name, files, { defaultBranch = 'main', message = 'Initial commit' } = {}) {
      repositories.set(name, createRepository(name, defaultBranch))
      return Object.keys(files).length === 0 ? zeroId : commit(name, defaultBranch, files, message)
    },
    commit,
    head: resolve,
    log(name, branch) {
      const from = resolve(name, branch)
      return from === undefined ? [] : readLog(open(name), from)
    },
    readFile(name, revision, path) {
      const from = resolve(name, revision)
      return from === undefined ? undefined : readFile(open(name), from, path)
    },
    readFiles(name, revision, folder) {
      const from = resolve(name, revision)
      return from === undefined ? new Map() : readFiles(open(name), from, folder)
    },
    refs: (name) => open(name).refs,
    repository: (name) => repositories.get(name),
    moveRef,
    guard: (guard) => void guards.push(guard),
    serve,
    onPush(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    dropPushResponse() {
      drops += 1
    },
    rejectPush: (message) => rejections.push(message),
    fail({ status, times = 1 }) {
      for (let left = times; left > 0; left -= 1) failures.push(status)
    },
    close: () => loopback.close(),
  }
}

function eventOf(repository: string, update: RefUpdate, pusher: string | undefined): PushEvent {
  return { repository, ...update, ...(pusher === undefined ? {} : { pusher }) }
}

function isAdmitted(authorization: string | undefined, password: string | undefined): boolean {
  if (password === undefined) return true
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  const given = Buffer.from(encoded, 'base64').toString('utf8')
  return given.slice(given.indexOf(':') + 1) === password
}

function ruleOf(repository: Repository, { protection = 'every-branch' }: GitHostOptions): PushRule {
  return ({ ref, after }, isFastForward) => {
    const isDefault = ref === `refs/heads/${repository.defaultBranch}`
    if (protection !== 'every-branch' && !isDefault) return undefined
    if (after === zeroId) return { reason: 'deletion prohibited' }
    return isFastForward ? undefined : { reason: 'non-fast-forward' }
  }
}

import { type Exchange, listenOnLoopback, sendJson } from '../loopback.ts'
import { answerUpload, sendBlob } from './blob.ts'
import { type ImageContent, storeImage } from './image.ts'
import { answerManifest, sendTags, type Tell } from './manifest.ts'
import { createNotifier } from './notification.ts'
import { RegistryFailure } from './registry-failure.ts'
import { createStorage, type Storage } from './storage.ts'
import { type Credentials, createTokenService } from './token.ts'

export interface RegistryOptions {
  /** Demands tokens from the registry's own token service, given out for these. */
  credentials?: Credentials
  /** Pause before a refused notification is sent again; default 1,000. */
  notificationBackoffMs?: number
}

/** An OCI registry (distribution v2) that lives in this process. */
export interface SandboxRegistry {
  url: string
  /** `127.0.0.1:<port>`, as it stands in image references. */
  host: string
  /** Stores an image under a tag and tells the endpoints, as a client's push would. Returns the digest of the tag. */
  push(repository: string, tag: string, content?: ImageContent): string
  /** Removes a tag and tells the endpoints. */
  deleteTag(repository: string, tag: string): void
  /** Sends notifications there from now on. */
  notify(url: string, headers?: Record<string, string>): void
  pendingNotifications(): number
  /** The next `times` requests under `/v2/` are answered with this status. */
  fail(next: { status: number; retryAfter?: number; times?: number }): void
  /** `METHOD path?query` of every request, oldest first, at most 10,000. */
  requests: string[]
  storage: Storage
  close(): Promise<void>
}

export async function startRegistry(options: RegistryOptions = {}): Promise<SandboxRegistry> {
  const storage = createStorage()
  const notifier = createNotifier(options.notificationBackoffMs)
  const tokens = createTokenService(options.credentials)
  const requests: string[] = []
  const failures: { status: number; retryAfter?: number }[] = []
  let host = ''
  const tell: Tell = (action, repository, rest) =>
    notifier.tell({ action, repository, ...rest, host, method: action === 'push' ? 'PUT' : 'DELETE' })

  async function answer(exchange: Exchange): Promise<void> {
    const { response, method, url } = exchange
    requests.push(`${method} ${url.pathname}${url.search}`)
    if (requests.length > 10_000) requests.shift()
    if (url.pathname === '/token') {
      tokens.issue(exchange)
      return
    }
    const failure = failures.shift()
    if (failure !== undefined) {
      if (failure.retryAfter !== undefined) response.setHeader('retry-after', String(failure.retryAfter))
      throw new RegistryFailure(failure.status, 'UNAVAILABLE', 'a failure asked for by the test')
    }
    const route = parseRoute(url.pathname)
    const reads = method === 'GET' || method === 'HEAD'
    tokens.admit(exchange, route.repository, reads ? 'pull' : 'push')
    response.setHeader('docker-distribution-api-version', 'registry/2.0')
    switch (route.part) {
      case 'base':
        sendJson(response, 200, {})
        break
      case 'tags':
        sendTags(exchange, route.repository, storage)
        break
      case 'manifests':
        await answerManifest(exchange, route, storage, tell)
        break
      case 'uploads':
        await answerUpload(exchange, storage, route.repository)
        break
      case 'blobs':
        sendBlob(exchange, storage, route.reference)
    }
  }

  const loopback = await listenOnLoopback((exchange) =>
    answer(exchange).catch((thrown: unknown) => {
      if (!(thrown instanceof RegistryFailure)) throw thrown
      sendJson(exchange.response, thrown.status, thrown.body)
    }),
  )
  host = new URL(loopback.url).host
  return {
    url: loopback.url,
    host,
    push(repository, tag, content) {
      const manifest = storeImage(storage, repository, tag, content)
      tell('push', repository, { manifest, tag })
      return manifest.digest
    },
    deleteTag(repository, tag) {
      if (storage.deleteTag(repository, tag)) tell('delete', repository, { tag })
    },
    notify: (url, headers) => notifier.addEndpoint(url, headers),
    pendingNotifications: () => notifier.pending(),
    fail({ times = 1, ...failure }) {
      for (let left = times; left > 0; left -= 1) failures.push(failure)
    },
    requests,
    storage,
    async close() {
      notifier.close()
      await loopback.close()
    },
  }
}

interface Route {
  part: 'base' | 'tags' | 'manifests' | 'uploads' | 'blobs'
  repository: string
  /** Tag, digest or upload id. */
  reference: string
}

const repositoryName = '[a-z0-9]+(?:(?:\\.|_|__|-+|/)[a-z0-9]+)*'
const routePattern = new RegExp(`^/v2/(${repositoryName})/(tags/list|manifests/[^/]+|blobs/uploads/[^/]*|blobs/[^/]+)$`)

function parseRoute(path: string): Route {
  if (path === '/v2/' || path === '/v2') return { part: 'base', repository: '', reference: '' }
  const [, repository = '', rest = ''] = routePattern.exec(path) ?? []
  if (rest === '') throw new RegistryFailure(404, 'NOT_FOUND', 'page not found')
  const [part, reference = '', upload] = rest.split('/')
  if (part === 'tags') return { part, repository, reference: '' }
  if (part === 'manifests') return { part, repository, reference: decodeURIComponent(reference) }
  if (upload !== undefined) return { part: 'uploads', repository, reference: upload }
  return { part: 'blobs', repository, reference: decodeURIComponent(reference) }
}

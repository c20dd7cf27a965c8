import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buildImage, type OciContent, type OciImage } from './oci-image.ts'

export interface RegistryServerOptions {
  auth?: 'none' | 'basic' | 'bearer'
  username?: string
  password?: string
  /** Accepted by the token endpoint as a refresh token. */
  refreshToken?: string
  /** Tags per page when the client asks for more, or for nothing. */
  pageSize?: number
  /** `n` above this is refused with `refusal`. */
  largestN?: number
  refusal?: number
  link?: 'relative' | 'absolute'
  /** Where the token endpoint is said to be; default this server. */
  realm?: string
  expiresIn?: number
  sendDigestHeader?: boolean
}

export interface ScriptedAnswer {
  /** Answers as many requests whose `METHOD path?query` matches. */
  matching: RegExp
  times?: number
  answer: (request: IncomingMessage, response: ServerResponse) => void
}

/** A registry over HTTP with authentication, paging and faults on demand. */
export interface RegistryServer {
  /** `127.0.0.1:port` */
  readonly host: string
  /** `METHOD path?query` of everything that was asked. */
  readonly requests: readonly string[]
  readonly authorizations: readonly (string | undefined)[]
  readonly options: RegistryServerOptions
  push(repository: string, tag: string, image?: OciImage): string
  remove(repository: string, tag: string): void
  script(scripted: ScriptedAnswer): void
  /** Tokens handed out so far are no longer accepted. */
  revokeTokens(): void
  close(): Promise<void>
}

interface Repository {
  tags: Map<string, OciContent>
  content: Map<string, OciContent>
}

export async function startRegistryServer(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const repositories = new Map<string, Repository>()
  const requests: string[] = []
  const authorizations: (string | undefined)[] = []
  const scripts: ScriptedAnswer[] = []
  const tokens = new Set<string>()
  let host = ''

  const server = createServer(async (request, response) => {
    const call = `${request.method} ${request.url}`
    requests.push(call)
    authorizations.push(request.headers.authorization)
    const body = Buffer.concat(await request.toArray()).toString()
    const scripted = scripts.find((one) => one.matching.test(call) && (one.times ?? 1) > 0)
    if (scripted !== undefined) {
      scripted.times = (scripted.times ?? 1) - 1
      scripted.answer(request, response)
      return
    }
    const url = new URL(request.url ?? '/', `http://${host}`)
    if (url.pathname === '/token') answerToken(request, response, { url, body, options, tokens })
    else if (!isAllowed(request, options, tokens)) challenge(response, options, host)
    else answerRead(request, response, { url, host, repositories, options })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`

  return {
    host,
    requests,
    authorizations,
    options,
    push(name, tag, image = buildImage(['linux/amd64'], { salt: tag })) {
      const repository = repositories.get(name) ?? { tags: new Map(), content: new Map() }
      repositories.set(name, repository)
      for (const one of [...image.blobs, ...image.children, image.manifest]) repository.content.set(one.digest, one)
      repository.tags.set(tag, image.manifest)
      return image.manifest.digest
    },
    remove(name, tag) {
      repositories.get(name)?.tags.delete(tag)
    },
    script(scripted) {
      scripts.push(scripted)
    },
    revokeTokens() {
      tokens.clear()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const basic = ({ username, password }: RegistryServerOptions) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

function isAllowed(request: IncomingMessage, options: RegistryServerOptions, tokens: ReadonlySet<string>): boolean {
  const given = request.headers.authorization
  if (options.auth === 'basic') return given === basic(options)
  if (options.auth === 'bearer') return given?.startsWith('Bearer ') === true && tokens.has(given.slice(7))
  return true
}

function challenge(response: ServerResponse, options: RegistryServerOptions, host: string): void {
  const realm = options.realm ?? `http://${host}/token`
  const bearer = `Bearer realm="${realm}",service="scripted registry",scope="repository:x:pull"`
  response
    .writeHead(401, { 'www-authenticate': options.auth === 'basic' ? 'Basic realm="registry"' : bearer })
    .end('{}')
}

interface TokenAsk {
  url: URL
  body: string
  options: RegistryServerOptions
  tokens: Set<string>
}

function answerToken(
  request: IncomingMessage,
  response: ServerResponse,
  { url, body, options, tokens }: TokenAsk,
): unknown {
  const form = new URLSearchParams(body)
  const isRefresh = request.method === 'POST' && form.get('refresh_token') === options.refreshToken
  const isKnown = options.username === undefined || request.headers.authorization === basic(options)
  if (options.refreshToken === undefined ? !isKnown : !isRefresh) return response.writeHead(401).end('{}')
  const scope = url.searchParams.get('scope') ?? form.get('scope')
  const token = `token-${tokens.size}-${scope}-${crypto.randomUUID()}`.replaceAll('/', '.')
  tokens.add(token)
  return response.end(
    JSON.stringify({ [isRefresh ? 'access_token' : 'token']: token, expires_in: options.expiresIn ?? 300 }),
  )
}

interface Read {
  url: URL
  host: string
  repositories: ReadonlyMap<string, Repository>
  options: RegistryServerOptions
}

function answerRead(request: IncomingMessage, response: ServerResponse, read: Read): unknown {
  const match = /^\/v2\/(.+)\/(?:(tags)\/list|(manifests|blobs)\/([^/]+))$/.exec(read.url.pathname)
  const repository = read.repositories.get(match?.[1] ?? '')
  if (match === null || repository === undefined) {
    return response.writeHead(404).end('{"errors":[{"code":"NAME_UNKNOWN"}]}')
  }
  if (match[2] === 'tags') return answerTags(response, repository, read)
  const found = repository.tags.get(match[4] ?? '') ?? repository.content.get(match[4] ?? '')
  if (found === undefined) return response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
  const headers: Record<string, string> = { 'content-type': found.mediaType, 'content-length': `${found.bytes.length}` }
  if (read.options.sendDigestHeader !== false) headers['docker-content-digest'] = found.digest
  return response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : found.bytes)
}

function answerTags(response: ServerResponse, repository: Repository, { url, host, options }: Read): unknown {
  const asked = url.searchParams.get('n')
  if (asked !== null && Number(asked) > (options.largestN ?? Number.POSITIVE_INFINITY)) {
    return response.writeHead(options.refusal ?? 405).end('{"errors":[{"code":"UNSUPPORTED"}]}')
  }
  const last = url.searchParams.get('last')
  const all = [...repository.tags.keys()].sort().filter((tag) => last === null || tag > last)
  const tags = all.slice(0, options.pageSize ?? all.length)
  if (tags.length < all.length) {
    const next = `${url.pathname}?last=${tags.at(-1)}${asked === null ? '' : `&n=${asked}`}`
    response.setHeader('link', `<${options.link === 'absolute' ? `http://${host}${next}` : next}>; rel="next"`)
  }
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ name: 'x', tags }))
}

import { asFairleadError, FairleadError } from '../errors.ts'
import type { Clock, ImageHint, Log } from '../ports.ts'
import { createSecretFile, type MountedFile } from '../runtime/mounted-file.ts'
import { healthRoute } from './health.ts'
import { createHttpServer, type HttpServer, type HttpServerLimits } from './http-server.ts'
import { createRateLimit, type RateLimit } from './rate-limit.ts'
import { json, problem, type Route, type ServerAnswer, type ServerRequest } from './router.ts'
import { isAuthentic, type WebhookAuth } from './webhook-auth.ts'
import { createDeliveries } from './webhook-delivery.ts'
import { parseDockerHubPush } from './webhook-dockerhub.ts'
import { type PayloadParser, type Pushed, parseJsonBody } from './webhook-payload.ts'
import { parseRegistryEvents } from './webhook-registry.ts'
import { relayedHeader, type WebhookRelay } from './webhook-relay.ts'

const parsers = { registry: parseRegistryEvents, dockerhub: parseDockerHubPush } satisfies Record<string, PayloadParser>

export type WebhookType = keyof typeof parsers

/** One place senders can post to. */
export interface WebhookReceiver {
  /** The path segment: `/webhook/{name}`. */
  name: string
  type: WebhookType
  auth: WebhookAuth
  /** Needed unless `auth` is `none`; read again when it changes. */
  secretFile?: string
}

export interface WebhookDependencies {
  receivers: readonly WebhookReceiver[]
  clock: Clock
  log: Log
  /** Only the leader acts on news; others pass them on. */
  isLeader: () => boolean
  /** Takes news after the sender has its answer; must not block. */
  accept: (hints: readonly ImageHint[]) => void
  relay?: WebhookRelay
  metrics?: { received(receiver: string, code: string): void }
  /** Told every secret read, so that the log can mask it. */
  secretSeen?: (secret: string) => void
  /** Per receiver; default 50 a second after 200 at once. */
  rate?: { perSecond: number; burst: number }
}

export interface WebhookServerSettings extends WebhookDependencies {
  listen: string
  limits?: Partial<HttpServerLimits>
}

/** The server registries talk to. `ConfigInvalid` when a receiver is. */
export function createWebhookServer(settings: WebhookServerSettings): HttpServer {
  const { listen, clock, log, limits = {} } = settings
  return createHttpServer({
    name: 'webhook',
    listen,
    clock,
    log,
    limits,
    routes: [healthRoute, ...webhookRoutes(settings)],
  })
}

interface Receiver extends WebhookReceiver {
  secret: MountedFile<string> | undefined
  rate: RateLimit
  /** How often refusals are logged; a flood of them must not become a flood of lines. */
  lines: RateLimit
}

/**
 * `POST /webhook/{receiver}` and `POST /webhook/{receiver}/{secret}`. What is checked without the body is checked before
 * it is read; the sender has its answer before anything is done, because registries hold back all later events meanwhile.
 */
export function webhookRoutes(dependencies: WebhookDependencies): readonly Route[] {
  const { clock, log, metrics, secretSeen, rate = { perSecond: 50, burst: 200 } } = dependencies
  const receivers = new Map<string, Receiver>()
  for (const one of dependencies.receivers) {
    refuseReceiver(one, receivers)
    receivers.set(one.name, {
      ...one,
      secret: one.secretFile === undefined ? undefined : createSecretFile(one.secretFile, secretSeen),
      rate: createRateLimit(clock, rate),
      lines: createRateLimit(clock, { perSecond: 1 / 60, burst: 5 }),
    })
  }
  const deliver = createDelivery(dependencies)

  async function answer(request: ServerRequest): Promise<ServerAnswer> {
    const receiver = receivers.get(request.params.receiver ?? '')
    const known = receiver !== undefined && (request.params.secret === undefined || receiver.auth === 'path')
    const result = known
      ? await receive(receiver, request, deliver).catch((error) => failureAnswer(asFairleadError(error)))
      : problem(404, 'NotFound', 'there is no such receiver')
    const code = String(result.status)
    metrics?.received(known ? receiver.name : 'unknown', code)
    if (known && result.status >= 400 && receiver.lines.take())
      log.warn({ receiver: receiver.name, code }, 'refused a webhook')
    return result
  }

  function failureAnswer(error: FairleadError): ServerAnswer {
    if (error.code === 'UsageInvalid') return problem(400, 'BadRequest', error.message)
    if (error.code === 'TooLarge') return problem(413, 'TooLarge', error.message)
    if (error.code === 'Aborted') return problem(400, 'Aborted', error.message)
    log.error({ code: error.code, error: error.message }, 'a webhook cannot be checked')
    return unavailable('fairlead cannot check webhooks now; its log says why')
  }

  return [
    { method: 'POST', path: '/webhook/{receiver}', answer },
    { method: 'POST', path: '/webhook/{receiver}/{secret}', answer },
  ]
}

type Deliver = (
  receiver: Receiver,
  request: ServerRequest,
  body: Buffer,
  news: readonly Pushed[],
) => Promise<ServerAnswer>

async function receive(receiver: Receiver, request: ServerRequest, deliver: Deliver): Promise<ServerAnswer> {
  const secret = (await receiver.secret?.read()) ?? ''
  const unauthorized = () => unauthorizedAnswer(receiver)
  const isBodySigned = receiver.auth === 'hmac'
  if (!isBodySigned && !isAuthentic(receiver.auth, secret, request, Buffer.alloc(0))) return unauthorized()
  if (!receiver.rate.take()) return problem(429, 'TooManyRequests', 'too many webhooks at once', { 'retry-after': '5' })
  if (!isJson(request.headers['content-type'])) {
    return problem(415, 'UnsupportedMediaType', 'send JSON, with a Content-Type that says so')
  }
  const body = await request.body()
  if (isBodySigned && !isAuthentic('hmac', secret, request, body)) return unauthorized()
  return deliver(receiver, request, body, parsers[receiver.type](parseJsonBody(body)))
}

/** `application/json` and everything that ends in `+json`, such as distribution's event types. */
function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:json|[a-z0-9.+-]+\+json)$/i.test(contentType?.split(';')[0]?.trim() ?? '')
}

/** Hands news on: to our own queue, or as the request it was to the replica that leads. */
function createDelivery({ clock, log, isLeader, accept, relay }: WebhookDependencies): Deliver {
  const deliveries = createDeliveries(clock)

  function take(receiver: Receiver, body: Buffer, news: readonly Pushed[]): ServerAnswer {
    const fresh = news.filter(({ id }, at) => deliveries.isNew(receiver.name, id ?? `${at} ${body.toString('latin1')}`))
    const hints = fresh.map(({ image, tag }) => ({ ...image, tag, receiver: receiver.name }))
    if (hints.length > 0) {
      log.debug({ receiver: receiver.name, hints: hints.length }, 'took a webhook')
      setImmediate(() => handOver(hints))
    }
    return json(202, { accepted: hints.length, repeated: news.length - fresh.length })
  }

  function handOver(hints: readonly ImageHint[]): void {
    try {
      accept(hints)
    } catch (error) {
      log.error({ error: asFairleadError(error).message }, 'news from a webhook got lost; polling will find them')
    }
  }

  async function passOn(pass: WebhookRelay, request: ServerRequest, body: Buffer): Promise<ServerAnswer> {
    try {
      const status = await pass(request.path, request.headers, body)
      if (status >= 200 && status < 300) return json(202, { relayed: true })
      return unavailable('no replica of fairlead can take webhooks now')
    } catch (error) {
      log.warn({ error: asFairleadError(error).message }, 'could not pass a webhook on to the leader')
      return unavailable('the leading replica of fairlead does not answer')
    }
  }

  return async (receiver, request, body, news) => {
    if (news.length === 0 || isLeader()) return take(receiver, body, news)
    const wasRelayed = request.headers[relayedHeader] !== undefined
    if (relay === undefined || wasRelayed) return unavailable('this replica of fairlead does not lead now')
    return passOn(relay, request, body)
  }
}

function unauthorizedAnswer({ name, auth }: Receiver): ServerAnswer {
  const message = `receiver ${name} wants its secret by ${auth}; the one sent, if any, is another`
  return problem(401, 'Unauthorized', message, { 'www-authenticate': 'Bearer' })
}

function unavailable(message: string): ServerAnswer {
  return problem(503, 'Unavailable', message, { 'retry-after': '5' })
}

function refuseReceiver({ name, auth, secretFile }: WebhookReceiver, known: ReadonlyMap<string, unknown>): void {
  const what = `webhooks.receivers ${JSON.stringify(name)}`
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    throw new FairleadError(
      'ConfigInvalid',
      `${what}: the name becomes part of a path; use lower-case letters, digits and -`,
    )
  }
  if (known.has(name)) throw new FairleadError('ConfigInvalid', `${what}: there are two of that name`)
  if (auth !== 'none' && !secretFile) throw new FairleadError('ConfigInvalid', `${what}: auth ${auth} needs secretFile`)
}

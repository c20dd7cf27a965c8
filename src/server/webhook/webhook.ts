import { asFairleadError, type FairleadError } from '../../errors.ts'
import { healthRoute } from '../health.ts'
import { createHttpServer, type HttpServer, type HttpServerLimits } from '../http-server.ts'
import { parseJsonBody } from '../json-body.ts'
import { problem, type Route, type ServerAnswer, type ServerRequest } from '../router.ts'
import { headerOf } from './auth.ts'
import { createHandover, type HandoverDependencies, type Reading, tooMany, unavailable } from './handover.ts'
import { isAboutRepository, readNews } from './news.ts'
import type { ProofDependencies } from './proof.ts'
import type { WebhookReceiver } from './receiver.ts'
import { openReceivers, type Receiver } from './receivers.ts'

export interface WebhookDependencies extends HandoverDependencies, ProofDependencies {
  receivers: readonly WebhookReceiver[]
  /** The configured repository behind an address, by its normalised name; undefined when it is none of ours. */
  repository: (address: string) => string | undefined
  metrics?: { received(receiver: string, code: string): void }
}

export interface WebhookServerSettings extends WebhookDependencies {
  listen: string
  limits?: Partial<HttpServerLimits>
}

/** The server that registries and hosts of repositories talk to. `ConfigInvalid` when a receiver is. */
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

/**
 * `POST /webhook/{receiver}` and `POST /webhook/{receiver}/{secret}`. What is checked without the body is checked before
 * it is read; the sender has its answer before anything is done, because registries hold back all later events meanwhile.
 */
export function webhookRoutes(dependencies: WebhookDependencies): readonly Route[] {
  const { log, metrics, repository } = dependencies
  const receivers = openReceivers(dependencies.receivers, dependencies)
  const handOver = createHandover(dependencies)

  async function answer(request: ServerRequest): Promise<ServerAnswer> {
    const receiver = receivers.get(request.params.receiver ?? '')
    const isKnown = receiver !== undefined && (request.params.secret === undefined || receiver.auth === 'path')
    const result = isKnown
      ? await receive(receiver, request).catch((error) => failureAnswer(receiver, asFairleadError(error)))
      : problem(404, 'NotFound', 'there is no such receiver')
    metrics?.received(isKnown ? receiver.name : 'unknown', String(result.status))
    return result
  }

  async function receive(receiver: Receiver, request: ServerRequest): Promise<ServerAnswer> {
    const refusal = await receiver.proof(request)
    if (refusal !== undefined) return unauthorized(receiver, refusal)
    const isSignedBody = receiver.auth === 'hmac'
    if (!isSignedBody && !receiver.rate.take()) return refused(receiver, tooMany())
    const unreadable = unreadableAnswer(request)
    if (unreadable !== undefined) return refused(receiver, unreadable)
    const body = await request.body()
    const bodyRefusal = isSignedBody ? await receiver.proof(request, body) : undefined
    if (bodyRefusal !== undefined) return unauthorized(receiver, bodyRefusal)
    if (isSignedBody && !receiver.rate.take()) return refused(receiver, tooMany())
    return handOver(receiver.name, request, body, readBody(receiver, request, body))
  }

  function readBody({ name, sender, registry, lines }: Receiver, { headers }: ServerRequest, body: Buffer): Reading {
    const header = (one: string) => headerOf(headers, one)
    const told = sender.parse(parseJsonBody(body), { header })
    const isNowhere = told.some((one) => !isAboutRepository(one) && one.registry === undefined)
    if (registry === undefined && isNowhere && lines.take()) {
      log.warn({ receiver: name }, 'a webhook does not say which registry it is about; set registry of the receiver')
    }
    const delivery = sender.deliveryHeader === undefined ? undefined : header(sender.deliveryHeader)
    const read = told.map((one, at) => {
      const id = one.id ?? (delivery === undefined ? undefined : `${delivery} ${at}`)
      return readNews({ ...one, id }, { registry, repository })
    })
    const news = read.filter((one) => one !== undefined)
    return { news, foreign: told.filter((one, at) => isAboutRepository(one) && read[at] === undefined).length }
  }

  /** A refusal for its reason; why a sender was not believed is told to the log alone. */
  function refused({ name, lines }: Receiver, result: ServerAnswer, reason?: string): ServerAnswer {
    if (lines.take()) log.warn({ receiver: name, code: String(result.status), reason }, 'refused a webhook')
    return result
  }

  function unauthorized(receiver: Receiver, reason: string): ServerAnswer {
    const message = `receiver ${receiver.name} wants a proof by ${receiver.auth}; the one sent, if any, is not good`
    return refused(receiver, problem(401, 'Unauthorized', message, { 'www-authenticate': 'Bearer' }), reason)
  }

  function failureAnswer(receiver: Receiver, { code, message }: FairleadError): ServerAnswer {
    if (code === 'UsageInvalid') return refused(receiver, problem(400, 'BadRequest', message), message)
    if (code === 'TooLarge') return refused(receiver, problem(413, 'TooLarge', message))
    if (code === 'Aborted') return refused(receiver, problem(400, 'Aborted', message))
    if (receiver.lines.take())
      log.error({ receiver: receiver.name, code, error: message }, 'a webhook cannot be checked')
    return unavailable('fairlead cannot check webhooks now; its log says why')
  }

  return [
    { method: 'POST', path: '/webhook/{receiver}', answer },
    { method: 'POST', path: '/webhook/{receiver}/{secret}', answer },
  ]
}

/** 415 for what is not `application/json` or ends in `+json` (distribution's event types), or is compressed. */
function unreadableAnswer({ headers }: ServerRequest): ServerAnswer | undefined {
  const type = headers['content-type']?.split(';')[0]?.trim() ?? ''
  const encoding = headers['content-encoding'] ?? 'identity'
  if (!/^application\/(?:json|[a-z0-9.+-]+\+json)$/i.test(type)) {
    return problem(415, 'UnsupportedMediaType', 'send JSON, with a Content-Type that says so')
  }
  if (!/^identity$/i.test(encoding)) return problem(415, 'UnsupportedMediaType', 'send the body without compression')
  return undefined
}

import { asFairleadError } from '../../errors.ts'
import type { Clock, Hint, Log } from '../../ports.ts'
import { json, problem, type ServerAnswer, type ServerRequest } from '../router.ts'
import { createDeliveries } from './deliveries.ts'
import type { News } from './news.ts'
import { relayedHeader, type WebhookRelay } from './relay.ts'

export interface HandoverDependencies {
  clock: Clock
  log: Log
  /** Only the leader acts on news; others pass them on. */
  isLeader: () => boolean
  /** Takes news after the sender has its answer; must not block. */
  accept: (hints: readonly Hint[]) => void
  relay?: WebhookRelay
}

/** What the body of one request says. */
export interface Reading {
  news: readonly News[]
  /** So much was about repositories that are not configured, and is told to nobody but the sender. */
  foreign: number
}

/** Hands the news of one request on: to our own queue, or as the request it was to the replica that leads. */
export type Handover = (
  receiver: string,
  request: ServerRequest,
  body: Uint8Array,
  reading: Reading,
) => Promise<ServerAnswer>

export function createHandover({ clock, log, isLeader, accept, relay }: HandoverDependencies): Handover {
  const deliveries = createDeliveries(clock)

  function take(receiver: string, { news, foreign }: Reading): ServerAnswer {
    const fresh = news.filter(({ id }) => id === undefined || deliveries.isNew(receiver, id))
    const hints = fresh.map(({ hint }) => ({ ...hint, receiver }))
    if (hints.length > 0) {
      log.debug({ receiver, hints: hints.length }, 'took a webhook')
      setImmediate(() => handOver(hints))
    }
    return json(202, { accepted: hints.length, repeated: news.length - fresh.length, foreign })
  }

  function handOver(hints: readonly Hint[]): void {
    try {
      accept(hints)
    } catch (error) {
      log.error({ error: asFairleadError(error).message }, 'news from a webhook got lost; polling will find them')
    }
  }

  async function passOn(pass: WebhookRelay, request: ServerRequest, body: Uint8Array): Promise<ServerAnswer> {
    try {
      const status = await pass(request.path, request.headers, body)
      if (status >= 200 && status < 300) return json(202, { relayed: true })
      return status === 429 ? tooMany() : unavailable('no replica of fairlead can take webhooks now')
    } catch (error) {
      log.warn({ error: asFairleadError(error).message }, 'could not pass a webhook on to the leader')
      return unavailable('the leading replica of fairlead does not answer')
    }
  }

  return async (receiver, request, body, reading) => {
    if (reading.news.length === 0 || isLeader()) return take(receiver, reading)
    const wasRelayed = request.headers[relayedHeader] !== undefined
    if (relay === undefined || wasRelayed) return unavailable('this replica of fairlead does not lead now')
    return passOn(relay, request, body)
  }
}

/** 503: come again. */
export function unavailable(message: string): ServerAnswer {
  return problem(503, 'Unavailable', message, { 'retry-after': '5' })
}

/** 429: come again, too. */
export function tooMany(): ServerAnswer {
  return problem(429, 'TooManyRequests', 'too many webhooks at once', { 'retry-after': '5' })
}

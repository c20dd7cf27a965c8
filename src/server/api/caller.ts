import { resources } from '../../api/kubernetes.ts'
import { asFairleadError } from '../../errors.ts'
import type { AccessReview, Clock, Identity, Log } from '../../ports.ts'
import { createRateLimit } from '../rate-limit.ts'
import { problem, type ServerAnswer, type ServerRequest } from '../router.ts'
import { createClientRate } from './client-rate.ts'
import { failureOf } from './failure.ts'

/**
 * What a caller wants, in RBAC's words: to read UpdateRequests, to decide about them, to have one made that goes back, or to
 * have a workload held or released.
 */
export type Right = 'read' | 'approve' | 'rollback' | 'hold' | 'release'

/** A request whose sender is known. */
export interface Call {
  request: ServerRequest
  identity: Identity
  /** The refusal when the caller lacks the right in one of the namespaces (`''` = all of them); else undefined. */
  denied(right: Right, namespaces: Iterable<string>): Promise<ServerAnswer | undefined>
}

export interface CallerDeps {
  /** Remembering, or every request is two questions to the API server. */
  review: AccessReview
  clock: Clock
  log: Log
  /** Per client address; default 20 a second after 100 at once. */
  rate?: { perSecond: number; burst: number }
}

const rights = {
  read: { verb: 'get' },
  approve: { verb: 'update', subresource: 'approve' },
  rollback: { verb: 'update', subresource: 'rollback' },
  hold: { verb: 'update', subresource: 'hold' },
  release: { verb: 'update', subresource: 'release' },
} as const

/**
 * Lets only known senders through to a handler: rate, then bearer token, then TokenReview. What a sender says about itself
 * is never looked at. Tokens are neither logged nor kept.
 */
export function createCallers({ review, clock, log, rate = { perSecond: 20, burst: 100 } }: CallerDeps) {
  const mayPass = createClientRate(clock, rate)
  /** A flood of refusals must not become a flood of lines. */
  const lines = createRateLimit(clock, { perSecond: 1, burst: 20 })

  const refused = (answer: ServerAnswer, fields: object, why: string) => {
    if (lines.take()) log.warn({ status: answer.status, ...fields }, why)
    return answer
  }

  const denied = async (identity: Identity, right: Right, namespaces: Iterable<string>) => {
    for (const namespace of new Set(namespaces)) {
      const question = { ...rights[right], resource: resources.updateRequest, namespace }
      if (await review.may(identity, question)) continue
      const action =
        right === 'read' ? 'get updaterequests.fairlead.dev' : `update updaterequests.fairlead.dev/${right}`
      const where = namespace === '' ? 'in every namespace; name one with ?namespace=' : `in namespace ${namespace}`
      const answer = problem(403, 'Forbidden', `${identity.name} may not ${action} ${where}`)
      return refused(answer, { by: identity.name, namespace, right }, 'refused a call of the API')
    }
    return undefined
  }

  /** Undefined when nobody knows the sender. */
  const identify = async ({ headers }: ServerRequest) => {
    const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
    return token === undefined ? undefined : review.identify(token)
  }

  const failed = (thrown: unknown): ServerAnswer => {
    const error = asFairleadError(thrown)
    const answer = failureOf(error)
    if (answer === undefined) throw error
    return answer.status === 503 ? refused(answer, { code: error.code }, error.message) : answer
  }

  return (handle: (call: Call) => Promise<ServerAnswer>) =>
    async (request: ServerRequest): Promise<ServerAnswer> => {
      if (!mayPass(request.client)) {
        return problem(429, 'TooManyRequests', 'too many calls at once', { 'retry-after': '1' })
      }
      try {
        const identity = await identify(request)
        if (identity === undefined) return refused(unauthorized(), { client: request.client }, 'refused a caller')
        return await handle({ request, identity, denied: (...asked) => denied(identity, ...asked) })
      } catch (thrown) {
        return failed(thrown)
      }
    }
}

function unauthorized(): ServerAnswer {
  const message =
    'send a token that the cluster knows, not expired and for the right audience, as Authorization: Bearer'
  return problem(401, 'Unauthorized', message, { 'www-authenticate': 'Bearer' })
}

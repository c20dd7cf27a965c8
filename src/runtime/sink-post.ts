import { asFairleadError, FairleadError } from '../errors.ts'
import type { Clock, Http, HttpResponse } from '../ports.ts'
import { parseRetryAfter } from './retry-after.ts'

/** One POST to the receiver of events. */
export interface SinkRequest {
  /** The receiver in words, e.g. `the control plane`: its address may be a secret. */
  what: string
  url: string
  headers: Record<string, string>
  body: Uint8Array | string
}

/** Resolves with a 2xx answer only; see `answerError` for the others. */
export type SinkPost = (request: SinkRequest) => Promise<HttpResponse>

const timeoutMs = 10_000
/** Receivers have nothing to say that is longer. */
const maxBytes = 64 * 1024
/** Until somebody may have mended the address or the credentials. */
const mendingMs = 60_000

/**
 * Posts within 10 s and reads 64 KiB of answer at most; a 2xx is one however its body ends, for the event was taken.
 * Rejects with `SinkRefused` (the message itself is not taken), `SinkAuthFailed`, `SinkUnavailable` or `Aborted`; a
 * receiver that cannot be reached or is set up wrong never costs an event, so all but the first are transient.
 */
export function createSinkPost({ http, clock }: { http: Http; clock: Clock }): SinkPost {
  return async ({ what, url, headers, body }) => {
    const request = { method: 'POST', url, headers, body, timeoutMs, maxBytes, mayLackBody: true } as const
    const response = await http.request(request).catch((thrown) => {
      throw unanswered(what, asFairleadError(thrown))
    })
    const error = answerError(what, response, clock.now())
    if (error !== undefined) throw error
    return response
  }
}

/** What a secret's file gives; one that is not mounted yet, or not in order, is no reason to give an event up. */
export async function sinkSecret<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    const { code, message, kind } = asFairleadError(thrown)
    if (kind === 'transient') throw thrown
    throw new FairleadError('SinkAuthFailed', `${what}: ${code}: ${message}`, { retryAfterMs: mendingMs })
  }
}

/** What is wrong with an answer; undefined for 2xx. A 429 or 503 says when to come again. */
export function answerError(
  what: string,
  { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
  now: Date,
): FairleadError | undefined {
  if (status >= 200 && status < 300) return undefined
  const answers = `${what} answers status ${status}`
  if (refusals.has(status)) return new FairleadError('SinkRefused', `${answers}: it does not take this event`)
  if (status === 401 || status === 403) {
    const message = `${answers}: it does not take the credentials; put new ones into their file`
    return new FairleadError('SinkAuthFailed', message, { retryAfterMs: mendingMs })
  }
  const asked = parseRetryAfter(headers['retry-after'], now)
  const detail = asked === undefined ? {} : { retryAfterMs: asked }
  if (status >= 500 || passing.has(status)) return new FairleadError('SinkUnavailable', answers, detail)
  const redirect = status >= 300 && status < 400 ? '; redirects are never followed' : ''
  const message = `${answers}${redirect}: check its address in publishers`
  return new FairleadError('SinkUnavailable', message, { retryAfterMs: mendingMs })
}

/** Bad request, gone for good, too large, wrong media type, not understood: another try would be answered the same. */
const refusals: ReadonlySet<number> = new Set([400, 410, 413, 415, 422])
/** Timeout, conflict, too early, too many. */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429])

function unanswered(what: string, { code, message }: FairleadError): FairleadError {
  if (code === 'Aborted') return new FairleadError('Aborted', `${what}: ${message}`)
  return new FairleadError('SinkUnavailable', `${what}: ${message}`)
}

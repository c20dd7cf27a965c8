import { FairleadError } from '../../errors.ts'
import type { Clock, Http, HttpRequest, HttpResponse } from '../../ports.ts'
import { parseRetryAfter } from '../../runtime/retry-after.ts'
import { createRateGate, longestWaitMs, type RateGate } from './rate.ts'

/** Where requests are counted; `code` is the HTTP status or an error code. */
export interface RegistryMetrics {
  requested(registry: string, code: string): void
}

/** Sends requests at each host's pace and repeats what the host could not answer just now. */
export interface Transport {
  /**
   * The final answer: anything below 500 but 429. `RegistryUnavailable` after three tries or when the host wants a long
   * silence; `TooLarge` and `Aborted` as the client says them. `registry` is the name to count under.
   */
  send(registry: string, request: HttpRequest): Promise<HttpResponse>
}

export interface TransportSettings {
  http: Http
  clock: Clock
  /** Requests per second for the host of a URL (`host:port`). */
  rateOf: (host: string) => number
  metrics?: RegistryMetrics | undefined
  /** Between 0 and 1; for jitter. */
  random?: (() => number) | undefined
}

const tries = 3
const firstDelayMs = 500
const maxHosts = 1000

export function createTransport(settings: TransportSettings): Transport {
  const { http, clock, rateOf, metrics, random = Math.random } = settings
  const gates = new Map<string, RateGate>()

  const gateOf = (host: string): RateGate => {
    const gate = gates.get(host) ?? createRateGate({ clock, host, perSecond: rateOf(host) })
    gates.set(host, gate)
    // Redirects can name any host; those asked long ago are forgotten.
    const oldest = gates.keys().next().value
    if (gates.size > maxHosts && oldest !== undefined) gates.delete(oldest)
    return gate
  }

  async function attempt(registry: string, request: HttpRequest): Promise<HttpResponse | FairleadError> {
    try {
      const response = await http.request(request)
      metrics?.requested(registry, String(response.status))
      return response
    } catch (error) {
      if (!(error instanceof FairleadError)) throw error
      metrics?.requested(registry, error.code)
      if (error.code !== 'HttpFailed' && error.code !== 'Timeout') throw error
      return error
    }
  }

  return {
    async send(registry, request) {
      const { host } = new URL(request.url)
      const gate = gateOf(host)
      for (let tried = 1; ; tried++) {
        await gate.pass()
        const outcome = await attempt(registry, request)
        if (!(outcome instanceof FairleadError) && outcome.status < 500 && outcome.status !== 429) return outcome
        const delayMs = firstDelayMs * 2 ** (tried - 1) * (0.5 + random())
        const silenceMs = silenceAfter(outcome, clock.now(), delayMs)
        if (silenceMs !== undefined) gate.pause(silenceMs)
        if (tried === tries || (silenceMs ?? 0) > longestWaitMs) throw unavailable(host, outcome, silenceMs)
        if (silenceMs === undefined) await clock.sleep(delayMs)
      }
    },
  }
}

/** How long the whole host is to be left alone: on 429 always, on 5xx only when it says so. */
function silenceAfter(outcome: HttpResponse | FairleadError, now: Date, delayMs: number): number | undefined {
  if (outcome instanceof FairleadError) return undefined
  const asked = parseRetryAfter(outcome.headers['retry-after'], now)
  return outcome.status === 429 ? Math.max(asked ?? 0, delayMs) : asked
}

function unavailable(
  host: string,
  outcome: HttpResponse | FairleadError,
  retryAfterMs: number | undefined,
): FairleadError {
  const detail = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (outcome instanceof FairleadError) {
    return new FairleadError('RegistryUnavailable', outcome.message, { ...detail, cause: outcome })
  }
  const words = outcome.status === 429 ? 'too many requests (429)' : `status ${outcome.status}`
  return new FairleadError('RegistryUnavailable', `${host} answers ${words}; it is asked again later`, detail)
}

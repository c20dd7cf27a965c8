/** What GitHub counts apart. */
export type Pool = 'core' | 'graphql'

/** What one login has left of its requests. */
export interface Allowance {
  limit: number
  remaining: number
  resetsInMs: number
}

/** What an answer says about when the next request may be sent. */
export interface RateNews {
  allowance: Allowance | undefined
  /** Nothing may be sent for so long. */
  silenceMs: number | undefined
}

/** The parts of an answer that matter here. */
export interface RatedAnswer {
  status: number
  headers: Readonly<Record<string, string | undefined>>
  /** The host's message; empty when all went well. */
  words: string
}

const longestMs = 24 * 3_600_000
/** GitHub's documents ask for at least a minute when a secondary limit comes without a time. */
const secondaryMs = 60_000

/**
 * Reads the limits of an answer. Source: GitHub's documents, "Rate limits for the REST API" and "Best practices": first
 * `retry-after`, then `x-ratelimit-reset` when nothing remains, else a minute. A plain 403 is no limit.
 */
export function readRate({ status, headers, words }: RatedAnswer, now: Date): RateNews {
  const allowance = readAllowance(headers, now)
  const isRefused = status === 403 || status === 429
  const isGraphqlLimit = status === 200 && /\brate limit\b/i.test(words)
  if (!isRefused && !isGraphqlLimit) return { allowance, silenceMs: undefined }
  const asked = wholeNumber(headers['retry-after'])
  if (asked !== undefined) return { allowance, silenceMs: Math.min(longestMs, asked * 1000) }
  if (allowance?.remaining === 0) return { allowance, silenceMs: Math.max(1000, allowance.resetsInMs) }
  const isSecondary = status === 429 || isGraphqlLimit || /secondary rate limit|abuse detection/i.test(words)
  return { allowance, silenceMs: isSecondary ? secondaryMs : undefined }
}

/** The time of the reset is compared with the host's own clock, for ours may be wrong. */
function readAllowance(headers: RatedAnswer['headers'], now: Date): Allowance | undefined {
  const limit = wholeNumber(headers['x-ratelimit-limit'])
  const remaining = wholeNumber(headers['x-ratelimit-remaining'])
  const resetSeconds = wholeNumber(headers['x-ratelimit-reset'])
  if (limit === undefined || remaining === undefined || resetSeconds === undefined) return undefined
  const hostTime = Date.parse(headers['date'] ?? '')
  const nowMs = Number.isNaN(hostTime) ? now.getTime() : hostTime
  return { limit, remaining, resetsInMs: Math.min(longestMs, Math.max(0, resetSeconds * 1000 - nowMs)) }
}

function wholeNumber(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,12}$/.test(header.trim()) ? Number(header) : undefined
}

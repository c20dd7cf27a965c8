import { createLocalJWKSet, errors, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock, Http } from '../../ports.ts'

export interface KeySourceSettings {
  http: Http
  clock: Clock
  /** Of a JSON Web Key Set. */
  url: string
}

/** Keys are asked for again after this, because issuers change them every few days. */
const keepMs = 3600 * 1000
/** A key that is missing leads to a look at most this often: anybody can send tokens that name a key nobody has. */
const missingPauseMs = 30 * 1000
/** As does an issuer that did not answer. */
const failurePauseMs = 5 * 1000

/**
 * The public keys of an issuer, fetched when they are needed. A key that is not there leads to one more look, and so
 * does age. Rejects with the error of the last attempt when there are none: nothing is decided by keys that are old.
 */
export function createKeySource({ http, clock, url }: KeySourceSettings): JWTVerifyGetKey {
  let attempt: { keys: Promise<LocalJWKSet>; atMs: number; failed: boolean } | undefined

  async function fetchKeys(): Promise<LocalJWKSet> {
    const where = `the keys at ${new URL(url).host}`
    const answer = await http.request({ method: 'GET', url, maxBytes: 256 * 1024, timeoutMs: 5_000 }).catch((cause) => {
      // Its own code would be taken for one about the request that is being checked.
      throw new FairleadError('HttpFailed', `${where} cannot be had: ${asFairleadError(cause).message}`, { cause })
    })
    if (answer.status !== 200) throw new FairleadError('HttpFailed', `${where} were answered with ${answer.status}`)
    try {
      return createLocalJWKSet(JSON.parse(Buffer.from(answer.body).toString('utf8')))
    } catch (cause) {
      throw new FairleadError('HttpFailed', `${where} are no JSON Web Key Set`, { cause })
    }
  }

  /** The newest keys, at most so old; a failed attempt counts for a moment, too. */
  function keysOf(maxAgeMs: number): Promise<LocalJWKSet> {
    const now = clock.monotonicMs()
    if (attempt !== undefined && now - attempt.atMs < (attempt.failed ? failurePauseMs : maxAgeMs)) return attempt.keys
    const next = { keys: fetchKeys(), atMs: now, failed: false }
    next.keys.catch(() => {
      next.failed = true
    })
    attempt = next
    return next.keys
  }

  return async (header, token) => {
    try {
      return await (await keysOf(keepMs))(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      return (await keysOf(missingPauseMs))(header, token)
    }
  }
}

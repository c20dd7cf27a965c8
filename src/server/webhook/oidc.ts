import { errors, jwtVerify } from 'jose'
import type { OidcSettings } from '../../api/webhook-type.ts'
import type { Clock, Http } from '../../ports.ts'
import { createKeySource } from './key-source.ts'

/**
 * Checks the bearer token of a request. Resolves to why it is refused, in words without any of its values, and to
 * undefined when it is good. Rejects when the keys of the issuer cannot be had.
 */
export type TokenCheck = (authorization: string | undefined) => Promise<string | undefined>

/** Google leaves the scheme out in some of its tokens. Source: Google Identity, "Validate the ID token". */
const googleIssuers = ['https://accounts.google.com', 'accounts.google.com']

/** Clocks of sender and receiver may differ by this. */
const tolerance = '30s'

/**
 * Signature, issuer, audience, expiry and the verified address of the sender's account: without the last, everybody
 * with an account at the same issuer could ask for a token with our audience.
 */
export function createTokenCheck(
  { audience, email, issuer, keysUrl }: OidcSettings,
  http: Http,
  clock: Clock,
): TokenCheck {
  const keys = createKeySource({ http, clock, url: keysUrl })
  return async (authorization) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) return 'there is no bearer token'
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: googleIssuers.includes(issuer) ? googleIssuers : issuer,
        audience,
        algorithms: ['RS256', 'ES256'],
        requiredClaims: ['exp', 'email'],
        clockTolerance: tolerance,
        currentDate: clock.now(),
      })
      if (payload['email'] !== email) return 'the token is of another account'
      return payload['email_verified'] === true ? undefined : 'the address in the token is not verified'
    } catch (error) {
      if (error instanceof errors.JOSEError) return error.message
      throw error
    }
  }
}

import type { z } from 'zod'
import { asFairleadError, FairleadError } from '../../../errors.ts'
import type { Http, HttpRequest } from '../../../ports.ts'
import { parseBody } from '../schema.ts'

/** What is asked of a token service, and the words for it in messages, e.g. `AWS STS (AssumeRoleWithWebIdentity)`. */
export interface TokenExchange extends HttpRequest {
  what: string
  /** What to look at when it says no. */
  remedy: string
}

const maxBytes = 256 * 1024

/**
 * The body of a 200. `RegistryUnavailable` when nobody answers, on 429 and 5xx; else `RegistryAuthFailed` with the
 * service's own error code, but none of its prose: some quote what they were sent.
 */
export async function exchange(http: Http, { what, remedy, ...request }: TokenExchange): Promise<Uint8Array> {
  const response = await http.request({ maxBytes, ...request }).catch((thrown) => {
    const cause = asFairleadError(thrown)
    throw new FairleadError('RegistryUnavailable', `${what}: ${cause.message}`, { cause })
  })
  if (response.status === 200) return response.body
  const words = `${what} answers status ${response.status}${errorCodeOf(response.body)}`
  if (response.status === 429 || response.status >= 500) throw new FairleadError('RegistryUnavailable', words)
  throw new FairleadError('RegistryAuthFailed', `${words}; ${remedy}`)
}

/** The same for a JSON answer; `RegistryInvalid` names what is wrong with it, never the content. */
export async function exchangeJson<T>(http: Http, schema: z.ZodType<T>, asked: TokenExchange): Promise<T> {
  return parseBody(schema, await exchange(http, asked), asked.what)
}

/** `application/x-www-form-urlencoded`, as OAuth2 and AWS' query services want it. */
export function formPost(url: string, fields: Readonly<Record<string, string>>) {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  } as const
}

/** ` (invalid_grant)`: OAuth2's `error`, AWS' `__type` or `<Code>`; a single word only. */
function errorCodeOf(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, 8192))
  const code = /(?:"error"\s*:\s*"|"__type"\s*:\s*"|<Code>)([A-Za-z0-9_.#]{1,80})["<]/.exec(text)?.[1]
  return code === undefined ? '' : ` (${code})`
}

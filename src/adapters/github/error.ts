import { z } from 'zod'
import { sanitiseLine } from '../../core/change/text.ts'
import { asFairleadError, type ErrorCode, FairleadError } from '../../errors.ts'
import { readRate } from './rate.ts'

/** A call in words, for whoever has to mend it. */
export interface Call {
  /** The repository, or the host. */
  place: string
  /** What was tried, e.g. `opening a pull request`. */
  words: string
  /** The permission it takes, e.g. `Pull requests: write`; empty when none can help. */
  needs: string
  /** Name of the login. */
  login: string
}

/** What GitHub said when it did not do as it was told. */
export interface Refusal {
  /** 200 when the answer to a GraphQL query holds errors. */
  status: number
  /** The host's own, sanitised. */
  words: string
  headers: Readonly<Record<string, string>>
  /** Kinds of GraphQL errors, such as `STALE_DATA`. */
  types: readonly string[]
}

const failureSchema = z.object({
  message: z.string().catch(''),
  errors: z
    .array(
      z.union([
        z.string(),
        z.object({
          message: z.string().nullish(),
          type: z.string().nullish(),
          resource: z.string().nullish(),
          field: z.string().nullish(),
          code: z.string().nullish(),
        }),
      ]),
    )
    .catch([]),
})
const headersSchema = z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).catch({})
const restSchema = z.object({
  status: z.number(),
  response: z.object({ headers: headersSchema, data: z.unknown() }),
})
const graphqlSchema = z.object({ headers: headersSchema, response: failureSchema.partial({ message: true }) })

/** Undefined when the host said nothing: the network, or a mistake of ours. */
export function refusalOf(thrown: unknown): Refusal | undefined {
  if (!(thrown instanceof Error)) return undefined
  if (thrown.name === 'GraphqlResponseError') {
    const { headers, response } = graphqlSchema.parse(thrown)
    const types = response.errors.flatMap((one) => (typeof one === 'string' ? [] : [one.type ?? '']))
    return { status: 200, headers, types, words: sanitiseLine(wordsOf({ message: '', errors: response.errors }), 400) }
  }
  const rest = restSchema.safeParse(thrown)
  if (!rest.success) return undefined
  const { status, response } = rest.data
  const said = failureSchema.safeParse(response.data)
  const words = said.success ? wordsOf(said.data) : ''
  return { status, headers: response.headers, types: [], words: sanitiseLine(words, 400) }
}

function wordsOf({ message, errors }: z.output<typeof failureSchema>): string {
  const details = errors.map((one) => {
    if (typeof one === 'string') return one
    return one.message ?? [one.resource, one.field, one.code].filter((part) => part != null).join(' ')
  })
  return [message, ...details].filter((part) => part !== '').join(': ')
}

/** Anything thrown by octokit as one of our errors: what was tried, what the host said, and what to do. */
export function hostError(thrown: unknown, call: Call, now: Date): FairleadError {
  const own = ownErrorIn(thrown)
  if (own !== undefined) return fromClient(own, call)
  const refusal = refusalOf(thrown)
  if (refusal === undefined) return asFairleadError(thrown)
  const { silenceMs } = readRate(refusal, now)
  if (silenceMs !== undefined) {
    const wait = `is not possible for another ${Math.ceil(silenceMs / 1000)} s: the host wants fewer requests`
    return told('HostLimited', call, `${wait} (${refusal.words})`, silenceMs)
  }
  return refusal.status === 200 ? fromGraphql(refusal, call) : fromStatus(refusal, call)
}

function ownErrorIn(thrown: unknown): FairleadError | undefined {
  if (thrown instanceof FairleadError) return thrown
  return thrown instanceof Error && thrown.cause instanceof FairleadError ? thrown.cause : undefined
}

function fromClient(error: FairleadError, call: Call): FairleadError {
  if (error.code === 'HttpFailed' || error.code === 'Timeout')
    return told('HostUnavailable', call, `failed: ${error.message}`)
  if (error.code === 'TooLarge') return told('HostInvalid', call, `failed: ${error.message}`)
  return error
}

function fromGraphql(refusal: Refusal, call: Call): FairleadError {
  const { types, words } = refusal
  if (types.some((type) => type === 'FORBIDDEN' || type === 'INSUFFICIENT_SCOPES')) return forbidden(refusal, call)
  if (types.includes('NOT_FOUND')) return notFound(refusal, call)
  if (types.includes('INTERNAL') || words === '' || /something went wrong|timeout|try again later/i.test(words))
    return told('HostUnavailable', call, `failed: ${words}`)
  return told('HostForbidden', call, `was refused: ${words}`)
}

function fromStatus(refusal: Refusal, call: Call): FairleadError {
  const { status, words } = refusal
  const said = `(${status}${words === '' ? '' : `: ${words}`})`
  if (status >= 500) return told('HostUnavailable', call, `failed (${status}); it is tried again later`)
  if ([301, 302, 307, 308].includes(status)) {
    const moved = 'is answered with another address: the repository was renamed or moved'
    return told('HostMoved', call, `${moved} (${status}); put its new address into git.repositories[].url`)
  }
  if (status === 401) {
    const mend = `${call.login} is wrong, has expired or was revoked; put a new one there`
    return told('HostAuthFailed', call, `was refused ${said}; ${mend}`)
  }
  if (/\barchived\b/i.test(words) && (status === 403 || status === 422)) {
    const mend = 'unarchive it, or take it out of git.repositories'
    return told('HostArchived', call, `was refused: the repository is archived and read-only; ${mend}`)
  }
  if (status === 403) return forbidden(refusal, call)
  // A commit that is not there is no reason for GitHub to say 404.
  const isMissing = status === 404 || status === 410 || (status === 422 && /^no (?:commit|ref) found/i.test(words))
  if (isMissing) return notFound(refusal, call)
  return told('HostForbidden', call, `was refused ${said}`)
}

function forbidden({ status, words, headers }: Refusal, call: Call): FairleadError {
  const accepted = headers['x-accepted-github-permissions']
  const needs = accepted === undefined ? call.needs : sanitiseLine(accepted, 100)
  const mend = needs === '' ? 'ask an administrator of the repository' : `give ${call.login} the permission ${needs}`
  return told('HostForbidden', call, `was refused (${status}: ${words}); ${mend}`)
}

function notFound({ words }: Refusal, call: Call): FairleadError {
  const mend = `it was deleted, ${call.login} may not see it, or host.apiURL is not the address of its API`
  return told('HostNotFound', call, `found nothing (${words === '' ? 'Not Found' : words}); ${mend}`)
}

/** An error with the place and the call before it. */
export function told(code: ErrorCode, { place, words }: Call, what: string, retryAfterMs?: number): FairleadError {
  return new FairleadError(code, `${place}: ${words} ${what}`, retryAfterMs === undefined ? {} : { retryAfterMs })
}

import { field, list, text } from '../../core/workload/field.ts'
import { type ErrorCode, FairleadError } from '../../errors.ts'

/** What the API server said instead of an answer: a `metav1.Status`, or only the HTTP status. */
export class ApiStatus {
  readonly code: number
  /** CamelCase, e.g. `AlreadyExists`; empty when there was no Status. */
  readonly reason: string
  readonly message: string
  /** `field: message` of each cause, for 422. */
  readonly causes: readonly string[]
  readonly retryAfterMs: number | undefined

  constructor(code: number, body: unknown, retryAfter: string | undefined) {
    this.code = code
    this.reason = text(body, 'reason') ?? ''
    this.message = plain(text(body, 'message') ?? '')
    const details = field(body, 'details')
    this.causes = list(field(details, 'causes'))
      .slice(0, 20)
      .map((cause) => `${plain(text(cause, 'field') ?? '')}: ${plain(text(cause, 'message') ?? '')}`)
    this.retryAfterMs = secondsToMs(retryAfter ?? field(details, 'retryAfterSeconds'))
  }
}

/**
 * The error for a refused call. `action` names it as a person would look for it in a ClusterRole, e.g.
 * `list deployments.apps`. The status is kept as `cause`; `statusOf` finds it again.
 */
export function apiError(action: string, status: ApiStatus): FairleadError {
  const { code, advice } = meaning(status.code)
  const said = status.message === '' ? `HTTP ${status.code}` : status.message
  return new FairleadError(code, `API server refused to ${action}: ${said}${advice}`, {
    cause: status,
    evidence: status.causes,
    ...(status.retryAfterMs === undefined ? {} : { retryAfterMs: status.retryAfterMs }),
  })
}

/** The API server's answer behind an error; undefined when there was none. */
export function statusOf(error: FairleadError): ApiStatus | undefined {
  return error.cause instanceof ApiStatus ? error.cause : undefined
}

const meanings: Record<number, { code: ErrorCode; advice: string }> = {
  400: { code: 'ApiInvalid', advice: '' },
  401: { code: 'ApiUnauthorized', advice: '; check that the token or certificate is still valid' },
  403: { code: 'ApiForbidden', advice: "; add this verb and resource to fairlead's role" },
  404: { code: 'ApiNotFound', advice: '' },
  405: { code: 'ApiInvalid', advice: '' },
  409: { code: 'ApiConflict', advice: '' },
  410: { code: 'ApiExpired', advice: '' },
  413: { code: 'TooLarge', advice: '; one object holds about 1.5 MB' },
  415: { code: 'ApiInvalid', advice: '' },
  422: { code: 'ApiInvalid', advice: '' },
}

function meaning(status: number): { code: ErrorCode; advice: string } {
  const known = meanings[status]
  if (known !== undefined) return known
  if (status < 400) return { code: 'ApiUnavailable', advice: '; is this the address of an API server?' }
  return { code: 'ApiUnavailable', advice: '' }
}

/** Retry-After in seconds; the date form is not used by API servers and counts as absent. */
function secondsToMs(seconds: unknown): number | undefined {
  const number = typeof seconds === 'string' && /^\d{1,6}$/.test(seconds) ? Number(seconds) : seconds
  return typeof number === 'number' && number > 0 ? Math.min(number, 3600) * 1000 : undefined
}

/** One line without control characters, at most 500 characters. */
function plain(message: string): string {
  return message.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 500)
}

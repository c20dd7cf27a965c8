import type { Kind } from './kind.ts'

/** What a failed API call answers, as `metav1.Status`. */
export interface StatusBody {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Failure'
  message: string
  reason: string
  details?: Record<string, unknown>
  code: number
}

/** Carries a `metav1.Status` from the depth of a call to its HTTP answer. */
export class ApiFailure extends Error {
  readonly body: StatusBody

  constructor(code: number, reason: string, message: string, details?: Record<string, unknown>) {
    super(message)
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code,
    }
  }
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualifiedPlural(kind: Pick<Kind, 'group' | 'plural'>): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}

function detailsOf(kind: Kind, name: string): Record<string, unknown> {
  return { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural }
}

export function notFound(kind: Kind, name: string): ApiFailure {
  return new ApiFailure(404, 'NotFound', `${qualifiedPlural(kind)} "${name}" not found`, detailsOf(kind, name))
}

export function alreadyExists(kind: Kind, name: string): ApiFailure {
  const message = `${qualifiedPlural(kind)} "${name}" already exists`
  return new ApiFailure(409, 'AlreadyExists', message, detailsOf(kind, name))
}

export function conflict(kind: Kind, name: string): ApiFailure {
  const message = `Operation cannot be fulfilled on ${qualifiedPlural(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`
  return new ApiFailure(409, 'Conflict', message, detailsOf(kind, name))
}

/** 422 with one cause, `field: what is wrong with it`. */
export function invalid(kind: Kind, name: string, field: string, problem: string): ApiFailure {
  const id = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  return new ApiFailure(422, 'Invalid', `${id} "${name}" is invalid: ${field}: ${problem}`, {
    ...detailsOf(kind, name),
    kind: kind.kind,
    causes: [{ reason: 'FieldValueInvalid', message: problem, field }],
  })
}

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, 'BadRequest', message)
}

/** 410: the resource version or continue token is older than what the server still knows. */
export function expired(message: string): ApiFailure {
  return new ApiFailure(410, 'Expired', message)
}

/** 504: the caller has seen a newer state than this server. */
export function resourceVersionTooLarge(asked: number, current: number): ApiFailure {
  return new ApiFailure(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

import type { ObjectKey } from '../../api/kubernetes.ts'
import type { ErrorCode, FairleadError } from '../../errors.ts'
import { problem, type ServerAnswer } from '../router.ts'

const conflicts: ReadonlySet<ErrorCode> = new Set(['NotPending', 'SeenDiffers', 'RequestInvalid', 'ApiConflict'])

/** The answer to a failure that callers can do something about; undefined for those that only the log explains. */
export function failureOf({ code, kind, message, retryAfterMs }: FairleadError): ServerAnswer | undefined {
  if (code === 'UsageInvalid') return problem(400, 'BadRequest', message)
  if (conflicts.has(code)) return problem(409, code, message)
  // Our own account lacks a right: the caller can only try again once somebody has mended that.
  if (code === 'ApiForbidden') return unavailable(code, message)
  return kind === 'transient' && code !== 'Aborted' ? unavailable(code, message, retryAfterMs) : undefined
}

/** 503 with a time after which it is worth trying again. */
export function unavailable(code: string, message: string, retryAfterMs = 5_000): ServerAnswer {
  return problem(503, code, message, { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) })
}

/** 404 for a workload that is not there, or not for us. */
export function missingWorkload({ kind, namespace, name }: ObjectKey): ServerAnswer {
  const message = `there is no ${kind} ${namespace}/${name}, or cluster.namespaces or cluster.labelSelector leaves it out`
  return problem(404, 'NotFound', message)
}

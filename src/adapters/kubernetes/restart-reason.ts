import type { FairleadError } from '../../errors.ts'

/** Cause of the error about a list from the past. */
export const stale = 'older than what was seen'

/** Why a list or watch is started again, as told to observers and metrics. A 404 is `missing`: the kind is gone. */
export function reasonOf(error: FairleadError, status: number | undefined): string {
  switch (error.code) {
    case 'ApiForbidden':
      return 'forbidden'
    case 'ApiUnauthorized':
      return 'unauthorized'
    case 'ApiNotFound':
      return 'missing'
    case 'ApiInvalid':
      return 'invalid'
    case 'ApiUnavailable':
      if (status === undefined) return error.cause === stale ? 'stale' : 'disconnected'
      return status === 429 ? 'throttled' : 'unavailable'
    default:
      return 'failed'
  }
}

import { ApiFailure } from './api-failure.ts'

/** An answer that the next matching requests get instead of the real one. */
export interface Fault {
  status: number
  /** Seconds, as `Retry-After`. */
  retryAfter?: number
  /** How many requests; default 1. */
  times?: number
  /** Which requests; default all but health pages. */
  matches?: (request: FaultTarget) => boolean
}

export interface FaultTarget {
  verb: string
  /** Plural; empty for discovery pages. */
  resource: string
  user: string
}

/** Faults that wait for their request, oldest first. */
export interface Faults {
  add(fault: Fault): void
  /** Throws the first fault that fits. */
  check(target: FaultTarget): void
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

export function createFaults(): Faults {
  const waiting: { fault: Fault; left: number }[] = []
  return {
    add: (fault) => waiting.push({ fault, left: fault.times ?? 1 }),
    check(target) {
      const at = waiting.findIndex(({ fault }) => fault.matches?.(target) ?? true)
      const found = waiting[at]
      if (found === undefined) return
      found.left -= 1
      if (found.left <= 0) waiting.splice(at, 1)
      const { status, retryAfter } = found.fault
      const details = retryAfter === undefined ? undefined : { retryAfterSeconds: retryAfter }
      throw new ApiFailure(status, reasons[status] ?? 'InternalError', 'a failure asked for by the test', details)
    },
  }
}

import { createHash } from 'node:crypto'
import type { Clock } from '../../ports.ts'

/** Which deliveries were seen; senders repeat them when an answer was slow or lost. */
export interface Deliveries {
  /** True the first time; repetitions within a day are known as long as not too many others came since. */
  isNew(receiver: string, id: string): boolean
}

export function createDeliveries(clock: Clock, { max = 10_000, keepMs = 24 * 3600 * 1000 } = {}): Deliveries {
  /** Oldest use first. Ids are kept as digests: they are as long as a sender likes. */
  const seenAtMs = new Map<string, number>()

  return {
    isNew(receiver, id) {
      const key = createHash('sha256').update(`${receiver}\n${id}`).digest('base64')
      const now = clock.monotonicMs()
      const seen = seenAtMs.get(key)
      seenAtMs.delete(key)
      const isNew = seen === undefined || now - seen >= keepMs
      seenAtMs.set(key, isNew ? now : seen)
      const oldest = seenAtMs.keys().next().value
      if (seenAtMs.size > max && oldest !== undefined) seenAtMs.delete(oldest)
      return isNew
    },
  }
}

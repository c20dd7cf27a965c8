import type { Clock } from '../../ports.ts'
import { createRateLimit, type RateLimit } from '../rate-limit.ts'

/** Clients remembered at once; whoever was not seen for longest is forgotten first. */
const limit = 1_000

/** A token bucket for every client address. May one more of this client's requests pass now? */
export function createClientRate(
  clock: Clock,
  rate: { perSecond: number; burst: number },
): (client: string) => boolean {
  const clients = new Map<string, RateLimit>()
  return (client) => {
    const bucket = clients.get(client) ?? createRateLimit(clock, rate)
    clients.delete(client)
    clients.set(client, bucket)
    for (const oldest of clients.keys()) {
      if (clients.size <= limit) break
      clients.delete(oldest)
    }
    return bucket.take()
  }
}

import { asFairleadError } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import type { Sink } from '../ports-event.ts'
import { aborted } from './abort.ts'

const intervalMs = 5 * 60_000
/** A standby looks this often whether it leads now. */
const leadingCheckMs = 15_000

/**
 * Tells the sinks that want to know that we live, at once when this replica leads and every five minutes, until the
 * signal aborts. One that is not heard is followed by the next; nobody waits for it.
 */
export async function runHeartbeat(
  sinks: readonly Sink[],
  { clock, log, isLeader, signal }: { clock: Clock; log: Log; isLeader: () => boolean; signal: AbortSignal },
): Promise<void> {
  const beating = sinks.filter((sink) => sink.heartbeat !== undefined)
  if (beating.length === 0) return aborted(signal)
  while (!signal.aborted) {
    const now = clock.now()
    if (isLeader()) {
      for (const sink of beating) {
        await sink.heartbeat?.(now).catch((thrown) => {
          const { code, message } = asFairleadError(thrown)
          log.warn({ sink: sink.name, code }, `heartbeat not taken: ${message}`)
        })
      }
    }
    await clock.sleep(isLeader() ? intervalMs : leadingCheckMs, signal)
  }
}

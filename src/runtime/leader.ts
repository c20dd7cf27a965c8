import { asFairleadError, FairleadError } from '../errors.ts'
import type { Clock, Lease, LeaseLock, Log } from '../ports.ts'
import { aborted } from './abort.ts'

export interface LeaseHolder {
  identity: string
  /** `host:port` of its webhook port; may be empty. */
  address: string
  /** `host:port` of its API port; may be empty. */
  apiAddress: string
}

export interface Leader {
  /** May this replica write now? Judged by the monotonic clock, so a paused process knows it has lost. */
  isLeader(): boolean
  /** Throws `NotLeader` unless `isLeader`; called right before every effect. */
  fence(): void
  /** Who holds the lease as last read, with the addresses it gave for relayed webhooks and API calls. */
  holder(): LeaseHolder | undefined
  /** Called with every change of `isLeader`. */
  onChange(listener: (leading: boolean) => void): void
  /** Holds or waits for the lease until the signal aborts, then gives it back. */
  run(signal: AbortSignal): Promise<void>
}

export interface LeaderOptions {
  lock: LeaseLock
  /** Unique per process. */
  identity: string
  /** Where the holder's webhook port can be reached by the others, `host:port`; may be empty. */
  address: string
  /** The same for its API port. */
  apiAddress: string
  clock: Clock
  log: Log
  /** How long a lease lasts after its last renewal. Default 15,000. */
  durationMs?: number
  /** The holder stops writing when it could not renew for so long. Default 10,000. */
  renewDeadlineMs?: number
  /** Default 2,000. */
  retryMs?: number
}

export const addressAnnotation = 'fairlead.dev/webhook-address'
export const apiAddressAnnotation = 'fairlead.dev/api-address'

/**
 * Leader election over one Lease object, by compare-and-swap on its resourceVersion, with the timing of client-go
 * (15 s, 10 s, 2 s). Others' clocks are never trusted: a lease is stale when we have not seen it change for its duration.
 */
export function createLeader(options: LeaderOptions): Leader {
  const { lock, identity, address, apiAddress, clock, log } = options
  const durationMs = options.durationMs ?? 15_000
  const renewDeadlineMs = options.renewDeadlineMs ?? 10_000
  const retryMs = options.retryMs ?? 2_000
  const listeners: ((leading: boolean) => void)[] = []
  let seen: { lease: Lease; atMs: number } | undefined
  let renewedAtMs: number | undefined
  let told = false

  const isLeader = () => renewedAtMs !== undefined && clock.monotonicMs() - renewedAtMs < renewDeadlineMs

  const tell = () => {
    if (isLeader() === told) return
    told = isLeader()
    log.info({ identity }, told ? 'holds the lease: decisions are carried out here' : 'lost the lease: only observing')
    for (const listener of listeners) listener(told)
  }

  const remember = (lease: Lease | undefined) => {
    if (lease === undefined) seen = undefined
    else if (seen?.lease.resourceVersion !== lease.resourceVersion) seen = { lease, atMs: clock.monotonicMs() }
  }

  const free = (lease: Lease) =>
    lease.holder === '' ||
    lease.holder === identity ||
    (seen !== undefined && clock.monotonicMs() - seen.atMs >= Math.max(durationMs, lease.durationSeconds * 1000))

  const attempt = async () => {
    const current = await lock.read()
    remember(current)
    if (current !== undefined && !free(current)) {
      renewedAtMs = undefined
      return
    }
    // The time before the write counts: the others' clock for this lease starts no earlier.
    const beforeMs = clock.monotonicMs()
    remember(await lock.write(renewed(current, { identity, address, apiAddress, durationMs, now: clock.now() })))
    renewedAtMs = beforeMs
  }

  const release = async () => {
    if (!isLeader() || seen === undefined) return
    renewedAtMs = undefined
    await lock.write({ ...seen.lease, holder: '', durationSeconds: 1, renewTime: microTime(clock.now()) })
  }

  return {
    isLeader,
    fence() {
      if (!isLeader()) throw new FairleadError('NotLeader', 'this replica does not hold the lease; another one writes')
    },
    holder() {
      if (seen === undefined || seen.lease.holder === '') return undefined
      const { holder, annotations } = seen.lease
      return {
        identity: holder,
        address: annotations[addressAnnotation] ?? '',
        apiAddress: annotations[apiAddressAnnotation] ?? '',
      }
    },
    onChange: (listener) => void listeners.push(listener),
    async run(signal) {
      while (!signal.aborted) {
        try {
          await attempt()
        } catch (thrown) {
          const error = asFairleadError(thrown)
          if (error.code !== 'ApiConflict') log.warn({ code: error.code }, `lease not renewed: ${error.message}`)
        }
        tell()
        await clock.sleep(retryMs, signal)
        tell()
      }
      try {
        await release()
      } catch (thrown) {
        log.info({ code: asFairleadError(thrown).code }, 'lease not given back; it runs out by itself')
      }
      tell()
    },
  }
}

/** A leader without election, for a single replica or offline use. */
export function createSoleLeader(identity: string): Leader {
  return {
    isLeader: () => true,
    fence: () => undefined,
    holder: () => ({ identity, address: '', apiAddress: '' }),
    onChange: (listener) => listener(true),
    run: aborted,
  }
}

function renewed(
  current: Lease | undefined,
  { identity, address, apiAddress, durationMs, now }: LeaseHolder & { durationMs: number; now: Date },
): Lease {
  const ours = current?.holder === identity
  return {
    resourceVersion: current?.resourceVersion ?? '',
    holder: identity,
    durationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: ours ? current.acquireTime : microTime(now),
    renewTime: microTime(now),
    transitions: current === undefined ? 0 : current.transitions + (ours ? 0 : 1),
    annotations: { ...current?.annotations, [addressAnnotation]: address, [apiAddressAnnotation]: apiAddress },
  }
}

/** Kubernetes' MicroTime: six digits of a second. */
function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z')
}

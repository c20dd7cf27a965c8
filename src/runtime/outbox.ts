import { objectKey } from '../api/kubernetes.ts'
import type { MessagePlace, WorkloadRolloutState } from '../api/workload-rollout-state.ts'
import type { Removal } from '../core/event/removal.ts'
import type { Settlement } from '../core/event/rollout-record.ts'
import type { ToldTransition } from '../core/event/transition.ts'
import type { Clock, Log } from '../ports.ts'
import type { Sink } from '../ports-event.ts'
import type { Metrics } from './metrics.ts'
import { createSinkQueue, eventResults, type QueuedEvent, type QueuedTransition, type SinkQueue } from './sink-queue.ts'

/**
 * Tells every sink of every pending event that the cluster keeps, at least once. What is pending is written together with
 * the phase that it is about, so a process that dies loses none; it is taken out when the sink has taken it, so some are
 * sent twice, under the same id.
 */
export interface Outbox {
  /** A record in its newest version. What it does not hold any more is not sent. */
  offer(record: WorkloadRolloutState): void
  /** The record at `namespace/name` is gone, with its workload; what waits is still sent, the newest 10,000 of it. */
  withdraw(key: string): void
  /** A workload is gone. Nothing in the cluster remembers that, so a process that dies before it was told loses it. */
  tellRemoved(removal: Removal): void
  /** What became of an event at a sink; undefined while it waits, and when it is not known here. */
  settled(id: string, sink: string): Settlement | undefined
  /** Where a rollout has its message, at the sink that can change messages; undefined when it is not known here. */
  messageOf(rollout: string): MessagePlace | undefined
  /** Another replica sends from now on. */
  clear(): void
  run(signal: AbortSignal): Promise<void>
}

export interface OutboxDeps {
  sinks: readonly Sink[]
  clock: Clock
  log: Log
  random: () => number
  metrics: Pick<Metrics, 'events' | 'readEventQueues'>
  isLeader: () => boolean
  transition: (queued: QueuedTransition) => ToldTransition
  /** An event of this workload (`Kind/namespace/name`) came to its end at a sink: the record can be written without it. */
  acknowledge: (workload: string) => void
}

/** Workloads that come and go while a sink is away must not fill the memory. */
const maxOrphans = 10_000

export function createOutbox(deps: OutboxDeps): Outbox {
  /** By id of the event, by sink. */
  const events = new Map<string, Map<string, Settlement | 'waiting'>>()
  /** Ids of the events in each record. */
  const kept = new Map<string, readonly string[]>()
  /** Ids of events whose record is gone, oldest first. */
  const orphans = new Set<string>()
  const queues = new Map<string, SinkQueue>()

  for (const sink of deps.sinks) {
    const settled = ({ event, workload }: QueuedEvent, result: 'sent' | 'refused' | 'expired') => {
      events.get(event.id)?.set(sink.name, result === 'sent' ? 'sent' : 'dropped')
      deps.acknowledge(objectKey(workload))
    }
    const counted = (result: string, count: number) => deps.metrics.events.inc({ sink: sink.name, result }, count)
    // A counter that begins with its first event has no increase in it.
    for (const result of eventResults) counted(result, 0)
    queues.set(sink.name, createSinkQueue({ ...deps, sink, settled, counted }))
  }
  deps.metrics.readEventQueues(() => [...queues].map(([sink, queue]) => depthOf(sink, queue, deps.clock.now())))

  /** There was no room for it in the record: nothing would tell the next life of it. */
  const forget = (id: string) => {
    for (const [sink, queue] of queues) if (queue.remove(id)) deps.metrics.events.inc({ sink, result: 'dropped' })
    events.delete(id)
  }

  return {
    offer({ metadata, spec, status }) {
      const key = `${metadata.namespace ?? ''}/${metadata.name}`
      const pending = status?.pending ?? []
      const ids = pending.map(({ id }) => id)
      for (const id of kept.get(key) ?? []) if (!ids.includes(id)) forget(id)
      if (ids.length === 0) kept.delete(key)
      else kept.set(key, ids)
      for (const event of pending) {
        orphans.delete(event.id)
        const known = events.get(event.id) ?? new Map<string, Settlement | 'waiting'>()
        events.set(event.id, known)
        for (const sink of event.sinks) {
          if (known.has(sink)) continue
          known.set(sink, 'waiting')
          queues.get(sink)?.add({ event, workload: spec.workloadRef })
        }
      }
    },
    withdraw(key) {
      for (const id of kept.get(key) ?? []) {
        events.delete(id)
        orphans.add(id)
      }
      kept.delete(key)
      for (const id of orphans) {
        if (orphans.size <= maxOrphans) break
        orphans.delete(id)
        forget(id)
      }
    },
    tellRemoved(removal) {
      const { id, at, workload } = removal
      for (const sink of deps.sinks) {
        if (sink.removed === undefined) continue
        queues.get(sink.name)?.add({ event: { id, at, phase: 'removed' }, workload, removal })
      }
    },
    settled(id, sink) {
      const known = events.get(id)?.get(sink)
      return known === 'waiting' ? undefined : known
    },
    messageOf(rollout) {
      for (const sink of deps.sinks) {
        const place = sink.messageOf?.(rollout)
        if (place !== undefined) return place
      }
      return undefined
    },
    clear() {
      events.clear()
      kept.clear()
      orphans.clear()
      for (const queue of queues.values()) queue.clear()
    },
    async run(signal) {
      await Promise.all([...queues.values()].map((queue) => queue.run(signal)))
    },
  }
}

function depthOf(sink: string, { length, oldestAt }: SinkQueue, now: Date) {
  const ageMs = oldestAt === undefined ? 0 : now.getTime() - Date.parse(oldestAt)
  return { sink, length, oldestAgeSeconds: Math.max(0, ageMs / 1000) }
}

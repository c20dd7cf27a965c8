import type { PendingEvent, WorkloadRef } from '../api/workload-rollout-state.ts'
import { isTooOld, nextAttempt } from '../core/event/pending.ts'
import type { Removal } from '../core/event/removal.ts'
import type { ToldTransition } from '../core/event/transition.ts'
import { asFairleadError } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import type { Sink } from '../ports-event.ts'
import { aborted } from './abort.ts'

/** One event that one sink has still to be told. */
export type QueuedEvent = QueuedTransition | QueuedRemoval

export interface QueuedTransition {
  event: PendingEvent
  workload: WorkloadRef
}

export interface QueuedRemoval {
  event: Pick<PendingEvent, 'id' | 'at'> & { phase: 'removed' }
  workload: WorkloadRef
  removal: Removal
}

/** How the telling of events went. `failed`: an attempt that is made again; `dropped`: there was no room for it. */
export const eventResults = ['sent', 'refused', 'expired', 'failed', 'dropped'] as const
export type EventResult = Exclude<(typeof eventResults)[number], 'dropped'>

/** What one sink has still to be told, in the order in which it happened. */
export interface SinkQueue {
  add(queued: QueuedEvent): void
  /** True when it was there. */
  remove(id: string): boolean
  clear(): void
  /** Sends until the signal aborts; what is under way then is left to the next life. */
  run(signal: AbortSignal): Promise<void>
  readonly length: number
  /** When the oldest of them happened, RFC 3339. */
  readonly oldestAt: string | undefined
}

export interface SinkQueueDeps {
  sink: Sink
  clock: Clock
  log: Log
  random: () => number
  /** Asked before each call. */
  isLeader: () => boolean
  transition: (queued: QueuedTransition) => ToldTransition
  /** An event came to its end. */
  settled: (queued: QueuedEvent, result: Exclude<EventResult, 'failed'>) => void
  counted: (result: EventResult, events: number) => void
}

/** Taken at once by one call. */
const batchSize = 100
/** So many attempts in a row fail before one of the events, and not the sink, is thought to be why. */
const patience = 3
const standbyPauseMs = 1_000

/**
 * Sends to one sink, one call at a time, so that the transitions of a workload arrive in order. What fails is sent again,
 * later and later, before anything that came after it; other sinks do not wait for it. What goes on failing is sent in
 * ever smaller batches, and a workload whose event fails alone lets the others pass: it may be the only one to fail.
 */
export function createSinkQueue(deps: SinkQueueDeps): SinkQueue {
  const { sink, clock, log, counted } = deps
  const waiting = new Map<string, QueuedEvent>()
  let wake: () => void = () => undefined
  let failures = 0
  /** How many of the first are sent alone, because one of them is refused. */
  let alone = 0
  /** How many are sent at once; less than `batchSize` after failures. */
  let size = batchSize

  const finish = (queued: QueuedEvent, result: Exclude<EventResult, 'failed'>) => {
    // it may have been taken out meanwhile
    if (!waiting.delete(queued.event.id)) return
    counted(result, 1)
    deps.settled(queued, result)
  }

  const take = (): QueuedEvent[] => {
    const batch: QueuedEvent[] = []
    const [most, now] = [alone > 0 ? 1 : size, clock.now()]
    for (const queued of waiting.values()) {
      if (batch.length === most || (batch[0] !== undefined && isRemoval(batch[0]) !== isRemoval(queued))) break
      if (isTooOld(queued.event, now)) {
        log.warn(fieldsOf(sink, queued), 'an event is too old to be told any more')
        finish(queued, 'expired')
      } else batch.push(queued)
    }
    return batch
  }

  /** A batch is of one sort. */
  const hand = async (batch: readonly QueuedEvent[]) => {
    const removals = batch.filter(isRemoval)
    if (removals.length > 0) await sink.removed?.(removals.map(({ removal }) => removal))
    else await sink.send(batch.flatMap((queued) => (isRemoval(queued) ? [] : [deps.transition(queued)])))
  }

  const send = async (batch: readonly QueuedEvent[], signal: AbortSignal) => {
    try {
      await hand(batch)
      if (signal.aborted) return
      failures = 0
      alone = Math.max(0, alone - batch.length)
      size = Math.min(batchSize, size * 2)
      for (const queued of batch) finish(queued, 'sent')
    } catch (thrown) {
      await recover(batch, thrown, signal)
    }
  }

  const recover = async (batch: readonly QueuedEvent[], thrown: unknown, signal: AbortSignal) => {
    const error = asFairleadError(thrown)
    failures++
    const next = nextAttempt(error, { size: batch.length, failures, random: deps.random() })
    if (next.kind === 'split') {
      alone = batch.length
      return
    }
    const [first] = batch
    if (first === undefined) return
    const fields = { ...fieldsOf(sink, first), code: error.code }
    if (next.kind === 'drop') {
      failures = 0
      alone = Math.max(0, alone - 1)
      log.warn(fields, `an event was refused and is not told: ${error.message}`)
      finish(first, 'refused')
      return
    }
    counted('failed', batch.length)
    // Credentials do not mend themselves.
    const level = error.code === 'SinkAuthFailed' ? 'warn' : 'info'
    log[level]({ ...fields, events: batch.length }, `events will be sent again: ${error.message}`)
    if (failures > patience) {
      if (batch.length === 1) putLast(first.workload)
      size = Math.max(1, Math.floor(batch.length / 2))
    }
    await clock.sleep(next.ms, signal)
  }

  /** All events of the workload, in their order. */
  const putLast = ({ uid }: WorkloadRef) => {
    for (const [id, queued] of [...waiting]) {
      if (queued.workload.uid === uid && waiting.delete(id)) waiting.set(id, queued)
    }
  }

  const work = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      if (waiting.size === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      } else if (deps.isLeader()) {
        const batch = take()
        if (batch.length > 0) await send(batch, signal)
      } else await clock.sleep(standbyPauseMs, signal)
    }
  }

  return {
    add(queued) {
      waiting.set(queued.event.id, queued)
      wake()
    },
    remove: (id) => waiting.delete(id),
    clear() {
      waiting.clear()
      failures = 0
      alone = 0
      size = batchSize
    },
    async run(signal) {
      signal.addEventListener('abort', () => wake(), { once: true })
      // a call that is never answered keeps nobody from ending
      await Promise.race([work(signal), aborted(signal)])
    },
    get length() {
      return waiting.size
    },
    get oldestAt() {
      let oldest: string | undefined
      for (const { event } of waiting.values()) if (oldest === undefined || event.at < oldest) oldest = event.at
      return oldest
    },
  }
}

function isRemoval(queued: QueuedEvent): queued is QueuedRemoval {
  return 'removal' in queued
}

function fieldsOf({ name }: Sink, { event, workload }: QueuedEvent): object {
  return {
    sink: name,
    workload: `${workload.kind}/${workload.namespace}/${workload.name}`,
    phase: event.phase,
    id: event.id,
  }
}

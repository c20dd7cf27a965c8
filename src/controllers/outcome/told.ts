import type { Clock } from '../../ports.ts'
import type { Telling } from './telling.ts'

/** What hosts were told, so that nothing is told twice, and who will not hear it. */
export interface Told {
  /** In how many milliseconds it may be told, 0 = now; undefined when the host knows it. */
  dueInMs(telling: Telling): number | undefined
  /** Nobody else tells the same until this was called. */
  begin(telling: Telling): (end: 'told' | 'unknown') => void
  /** The host does not want to hear anything of the kind for so long. */
  refuse(telling: Telling, forMs: number): void
}

/** What is kept; the oldest goes first, and is at worst told again. */
const kept = 20_000
/** Somebody tells the same just now: the host is looked at again after that. */
const busyMs = 1_000

interface Item {
  state: string
  text: string
  atMs: number
  isBusy: boolean
}

export function createTold(clock: Pick<Clock, 'monotonicMs'>): Told {
  const items = new Map<string, Item>()
  const refusals = new Map<string, number>()

  const put = (key: string, item: Item) => {
    items.delete(key)
    items.set(key, item)
    for (const oldest of items.keys()) {
      if (items.size <= kept) break
      items.delete(oldest)
    }
  }

  return {
    dueInMs({ key, channel, state, text, pauseMs }) {
      const nowMs = clock.monotonicMs()
      const item = items.get(key)
      if (item?.state === state && item.text === text && !item.isBusy) return undefined
      const refusedUntilMs = refusals.get(channel) ?? 0
      if (refusedUntilMs > nowMs) return refusedUntilMs - nowMs
      if (item?.isBusy === true) return busyMs
      return item === undefined || item.state !== state ? 0 : Math.max(0, item.atMs + pauseMs - nowMs)
    },
    begin({ key, state, text }) {
      const before = items.get(key)
      put(key, { state: '', text: '', ...before, atMs: before?.atMs ?? clock.monotonicMs(), isBusy: true })
      return (end) => {
        if (end === 'told') put(key, { state, text, atMs: clock.monotonicMs(), isBusy: false })
        else if (before === undefined) items.delete(key)
        else put(key, before)
      }
    },
    refuse: ({ channel }, forMs) => void refusals.set(channel, clock.monotonicMs() + forMs),
  }
}

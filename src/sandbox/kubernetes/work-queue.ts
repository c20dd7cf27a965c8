/** Keys that want attention, each at most once in the queue, and keys that want it later. */
export interface WorkQueue {
  add(key: string): void
  /** One timer for each name; a new one replaces the old one. */
  later(name: string, ms: number, work: () => void): void
  cancel(name: string): void
  close(): void
}

/** Keys handled before other work in this process gets its turn. */
const batchSize = 100
/** Longer timers would fire at once in Node. */
const maxTimerMs = 2 ** 31 - 1

/** Calls `handle` for each key in a later turn of the event loop, never while the key is being added. */
export function createWorkQueue(handle: (key: string) => void): WorkQueue {
  const queue = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  let turn: NodeJS.Immediate | undefined

  function drain(): void {
    turn = undefined
    for (const key of [...queue].slice(0, batchSize)) {
      queue.delete(key)
      handle(key)
    }
    if (queue.size > 0) turn ??= setImmediate(drain)
  }

  function cancel(name: string): void {
    clearTimeout(timers.get(name))
    timers.delete(name)
  }

  return {
    cancel,
    add(key) {
      queue.add(key)
      turn ??= setImmediate(drain)
    },
    later(name, ms, work) {
      cancel(name)
      const run = () => {
        timers.delete(name)
        work()
      }
      timers.set(name, setTimeout(run, Math.min(ms, maxTimerMs)))
    },
    close() {
      clearImmediate(turn)
      for (const name of [...timers.keys()]) cancel(name)
      queue.clear()
    },
  }
}

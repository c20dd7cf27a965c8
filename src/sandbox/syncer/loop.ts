import { type Fields, numberAt, textAt } from '../json.ts'
import { requestedAt } from './source.ts'

/** One run for the newest known object; the answer is when to run again if that is not its interval, in milliseconds. */
export type Run = (object: Fields) => Promise<number | undefined>

/** Reconciles each object of one kind: at first sight, when its spec or a request changes, and every interval. */
export interface Loops {
  /** One event of a watch. */
  observe(type: string, object: Fields): void
  /** Runs now; while a run is under way, once more after it. */
  start(key: string): void
  /** By `namespace/name`. */
  find(key: string): Fields | undefined
  entries(): [key: string, object: Fields][]
  /** Resolves when no run is under way any more; none begins after it. */
  close(): Promise<void>
}

interface Loop {
  object: Fields
  timer: NodeJS.Timeout | undefined
  running: boolean
  again: boolean
}

/** Pause after a run that ended with an unforeseen error. */
const retryMs = 1000

export function createLoops(
  run: Run,
  { intervalOf, isOn }: { intervalOf: (object: Fields) => number; isOn: () => boolean },
): Loops {
  const loops = new Map<string, Loop>()
  const running = new Set<Promise<void>>()
  let closed = false

  function start(key: string): void {
    const loop = loops.get(key)
    if (loop === undefined || closed || !isOn()) return
    if (loop.running) {
      loop.again = true
      return
    }
    loop.running = true
    loop.again = false
    clearTimeout(loop.timer)
    const work: Promise<void> = run(loop.object)
      .catch(() => retryMs)
      .then((pause) => {
        running.delete(work)
        loop.running = false
        if (closed || loops.get(key) !== loop) return
        const interval = intervalOf(loop.object)
        loop.timer = setTimeout(() => start(key), Math.min(interval, pause ?? interval))
        if (loop.again) start(key)
      })
    running.add(work)
  }

  return {
    start,
    observe(type, object) {
      const key = keyOf(object)
      const known = loops.get(key)
      if (type === 'DELETED') {
        clearTimeout(known?.timer)
        loops.delete(key)
        return
      }
      const isNews = known === undefined || triggerOf(known.object) !== triggerOf(object)
      if (known === undefined) loops.set(key, { object, timer: undefined, running: false, again: false })
      else known.object = object
      if (isNews) start(key)
    },
    find: (key) => loops.get(key)?.object,
    entries: () => [...loops].map(([key, loop]) => [key, loop.object]),
    async close() {
      closed = true
      for (const loop of loops.values()) clearTimeout(loop.timer)
      await Promise.all(running)
    },
  }
}

/** `namespace/name` */
export function keyOf(object: Fields): string {
  return `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`
}

function triggerOf(object: Fields): string {
  const generation = numberAt(object, 'metadata', 'generation')
  return `${generation} ${textAt(object, 'metadata', 'annotations', requestedAt)}`
}

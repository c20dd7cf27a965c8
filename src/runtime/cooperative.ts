/** Longest stretch of work between two turns of the event loop, in milliseconds. */
const sliceMs = 4

/**
 * Runs a generator to its end, giving the event loop a turn whenever a slice of time is used up, so that long pure work
 * never blocks watches, webhooks and scrapes.
 */
export async function runInSlices<T>(work: Generator<unknown, T>): Promise<T> {
  let startedMs = performance.now()
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    if (performance.now() - startedMs < sliceMs) continue
    await turn()
    startedMs = performance.now()
  }
}

/** The same things one by one, with turns of the event loop between them, for whoever takes them as fast as they come. */
export async function* inSlices<T>(things: Iterable<T>): AsyncGenerator<T> {
  let startedMs = performance.now()
  for (const thing of things) {
    yield thing
    if (performance.now() - startedMs < sliceMs) continue
    await turn()
    startedMs = performance.now()
  }
}

/** When the work of this turn of the event loop began, as far as `rest` was asked. */
let busySinceMs: number | undefined

/**
 * For loops that wait for nothing but each other: a turn of the event loop when all who ask have together used up a slice
 * since it last turned.
 */
export async function rest(): Promise<void> {
  if (busySinceMs === undefined) {
    busySinceMs = performance.now()
    setImmediate(() => {
      busySinceMs = undefined
    })
  }
  if (performance.now() - busySinceMs >= sliceMs) await turn()
}

/** Does pieces of work in their order, each in slices; what is short, and finds none before it, is done before it returns. */
export type InOrder = (work: Generator<unknown, void>) => void

/** `failed` is told what a piece of work threw; the others are done all the same. */
export function createInOrder(failed: (thrown: unknown) => void): InOrder {
  const waiting: Generator<unknown, void>[] = []
  let isBusy = false

  function* workOff() {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        yield* next
      } catch (thrown) {
        failed(thrown)
      }
    }
    isBusy = false
  }

  return (work) => {
    waiting.push(work)
    if (isBusy) return
    isBusy = true
    void runInSlices(workOff())
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

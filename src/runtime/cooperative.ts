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

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

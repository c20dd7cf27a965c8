import { setMaxListeners } from 'node:events'
import { asFairleadError } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'

export interface Lifecycle {
  /**
   * Adds a part. `run` lives until its signal aborts; one that ends or fails before that stops the whole program with
   * exit code 1. Parts are stopped in reverse order of adding, each awaited before the next.
   */
  add(name: string, run: (signal: AbortSignal) => Promise<void>): void
  /** Asks for the stop; the first call counts. */
  stop(reason: string, exitCode?: number): void
  /** Aborts when the stop is asked for. */
  readonly stopping: AbortSignal
  /** Resolves with the exit code when every part has ended or the grace is over. */
  readonly ended: Promise<number>
}

/** Starts parts, and stops them in order on request: what was started is finished or abandoned, never half done. */
export function createLifecycle({ clock, log, graceMs }: { clock: Clock; log: Log; graceMs: number }): Lifecycle {
  const parts: { name: string; cancel: AbortController; ended: Promise<void> }[] = []
  const stopping = new AbortController()
  let resolveEnded: (exitCode: number) => void = () => undefined
  const ended = new Promise<number>((resolve) => {
    resolveEnded = resolve
  })

  const stopAll = async () => {
    for (const part of parts.toReversed()) {
      part.cancel.abort()
      await part.ended
    }
  }

  const stop = (reason: string, exitCode = 0) => {
    if (stopping.signal.aborted) return
    stopping.abort()
    log.info({ reason }, 'stopping')
    const overdue = new AbortController()
    const grace = clock.sleep(graceMs, overdue.signal).then(() => (overdue.signal.aborted ? exitCode : 1))
    void Promise.race([stopAll().then(() => exitCode), grace]).then((code) => {
      overdue.abort()
      log.info({ exitCode: code }, code === exitCode ? 'stopped' : 'stopped with work abandoned')
      resolveEnded(code)
    })
  }

  return {
    add(name, run) {
      // Asked to stop before it began: it does not begin.
      if (stopping.signal.aborted) return
      const cancel = new AbortController()
      // Every queue, watch and receiver of a part waits for it; Node takes more than ten for a leak.
      setMaxListeners(0, cancel.signal)
      const part = run(cancel.signal).then(
        () => {
          if (!cancel.signal.aborted) stop(`${name} ended by itself`, 1)
        },
        (thrown: unknown) => {
          const error = asFairleadError(thrown)
          log.error({ part: name, code: error.code, err: error }, `${name} failed: ${error.message}`)
          stop(`${name} failed`, 1)
        },
      )
      parts.push({ name, cancel, ended: part })
    },
    stop,
    stopping: stopping.signal,
    ended,
  }
}

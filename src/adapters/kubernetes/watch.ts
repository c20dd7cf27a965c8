import { field, text } from '../../core/workload/field.ts'
import { FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import { rest } from '../../runtime/cooperative.ts'
import { ApiStatus, apiError } from './api-error.ts'
import { type ApiClient, broken, type Query } from './client.ts'
import type { Follower } from './follower.ts'
import { createLineSplitter } from './line-splitter.ts'
import { parseTrimmed } from './managed-fields.ts'
import { actionOf, objectPath } from './path.ts'

/** An event as the API server writes it; `object` is unchecked. */
export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  object: unknown
}

export interface WatchCall {
  /** `resourceVersion` and what a WatchList needs; the rest is added here. */
  query: Query
  onEvent(event: WatchEvent): void
  /** The server ends the watch after this time. */
  timeoutSeconds: number
  /** The watch is given up when nothing is heard for so long; asked anew after every silence. */
  idleMs(): number
  signal: AbortSignal
}

const maxLineBytes = 8 * 1024 * 1024

/**
 * One watch call. Resolves when the server ended it in order or the signal aborted. Rejects with the code of an HTTP
 * error or of an ERROR event, `Timeout` when the connection fell silent, `ApiUnavailable` when it broke.
 */
export async function watchOnce<T>(
  { client, clock }: { client: ApiClient; clock: Clock },
  follower: Follower<T>,
  call: WatchCall,
): Promise<void> {
  const action = actionOf('watch', follower.resource, { namespace: '', name: '' })
  const silence = createSilenceGuard(clock, call)
  const lines = createLineSplitter(
    (line) => {
      const event = readEvent(line, follower, action)
      if (event !== undefined) call.onEvent(event)
    },
    () => follower.malformed(`an event of more than ${maxLineBytes} bytes`),
    maxLineBytes,
  )
  try {
    const response = await client.stream(objectPath(follower.resource, { namespace: '', name: '' }), {
      action,
      query: {
        ...call.query,
        labelSelector: follower.labelSelector,
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds: call.timeoutSeconds,
      },
      signal: silence.signal,
      purpose: 'watch',
    })
    for await (const chunk of response as AsyncIterable<Buffer>) {
      silence.heard()
      lines.push(chunk)
      await rest()
    }
  } catch (thrown) {
    if (call.signal.aborted) return
    if (silence.tooLong()) throw new FairleadError('Timeout', `nothing was heard for too long during ${action}`)
    throw thrown instanceof FairleadError ? thrown : broken(action, thrown)
  } finally {
    await silence.stop()
  }
}

/** An ERROR event carries a Status, e.g. 410 for a resourceVersion that is too old, on an answer that said 200. */
function readEvent<T>(line: Buffer, follower: Follower<T>, action: string): WatchEvent | undefined {
  let parsed: unknown
  try {
    parsed = parseTrimmed(line)
  } catch {
    follower.malformed('a line that is not JSON')
    return undefined
  }
  const type = text(parsed, 'type')
  const object = field(parsed, 'object')
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type, object }
    case 'ERROR': {
      const code = field(object, 'code')
      throw apiError(action, new ApiStatus(typeof code === 'number' ? code : 500, object, undefined))
    }
    default:
      follower.malformed('an event of an unknown type')
      return undefined
  }
}

interface SilenceGuard {
  signal: AbortSignal
  heard(): void
  tooLong(): boolean
  stop(): Promise<void>
}

/** Half-open connections never end by themselves: without a word for `idleMs`, or past the server's own end, we do it. */
function createSilenceGuard(clock: Clock, call: WatchCall): SilenceGuard {
  const controller = new AbortController()
  const startedMs = clock.monotonicMs()
  const endMs = startedMs + call.timeoutSeconds * 1000 + 15_000
  let heardMs = startedMs
  let tooLong = false
  const abort = () => controller.abort()
  if (call.signal.aborted) abort()
  call.signal.addEventListener('abort', abort, { once: true })

  const watchSilence = async () => {
    while (!controller.signal.aborted) {
      const leftMs = Math.min(heardMs + call.idleMs(), endMs) - clock.monotonicMs()
      if (leftMs <= 0) {
        tooLong = true
        abort()
      } else await clock.sleep(leftMs, controller.signal)
    }
  }
  const watching = watchSilence()

  return {
    signal: controller.signal,
    heard() {
      heardMs = clock.monotonicMs()
    },
    tooLong: () => tooLong,
    async stop() {
      abort()
      call.signal.removeEventListener('abort', abort)
      await watching
    },
  }
}

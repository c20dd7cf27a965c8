import { asFairleadError } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import type { BranchMove, EngineNotifier } from '../ports-engine.ts'

export interface NudgeDeps {
  notifiers: readonly EngineNotifier[]
  clock: Clock
  log: Log
  /** Aborted when the program stops: nobody waits for another try then. */
  stopped: AbortSignal
}

/** Tells engines that a branch has moved, so that they look before their next poll. */
export interface Nudge {
  /** Returns at once and never throws. Each commit is told once, however often it is said. */
  moved(move: BranchMove): void
}

const retryMs = 5_000
const maxRemembered = 1_000

/**
 * Best effort: one more try after five seconds, then the engine's own polling has to do. One request at a time for each
 * engine; moves of one branch that come meanwhile become one.
 */
export function createNudge({ notifiers, clock, log, stopped }: NudgeDeps): Nudge {
  const told = new Set<string>()
  const lines = notifiers.map((notifier) => createLine(notifier, { clock, log, stopped }))
  return {
    moved(move) {
      const key = `${move.repository} ${move.branch} ${move.after}`
      if (told.has(key)) return
      told.add(key)
      const [oldest] = told
      if (told.size > maxRemembered && oldest !== undefined) told.delete(oldest)
      for (const line of lines) line(move)
    },
  }
}

function createLine(notifier: EngineNotifier, deps: Omit<NudgeDeps, 'notifiers'>): (move: BranchMove) => void {
  const waiting = new Map<string, BranchMove>()
  let isRunning = false

  const run = async () => {
    isRunning = true
    for (;;) {
      const [next] = waiting
      if (next === undefined || deps.stopped.aborted) break
      waiting.delete(next[0])
      await tell(notifier, next[1], deps)
    }
    isRunning = false
  }

  return (move) => {
    const key = `${move.repository} ${move.branch}`
    waiting.set(key, joined(waiting.get(key), move))
    if (!isRunning) void run()
  }
}

async function tell(
  notifier: EngineNotifier,
  move: BranchMove,
  { clock, log, stopped }: Omit<NudgeDeps, 'notifiers'>,
): Promise<void> {
  const { repository, branch, after: commit } = move
  const fields = { engine: notifier.name, repository, branch, commit }
  for (const isLast of [false, true]) {
    try {
      await notifier.notify(move)
      log.debug(fields, 'told the engine to look')
      return
    } catch (thrown) {
      const { code, message } = asFairleadError(thrown)
      if (isLast) log.warn({ ...fields, code }, `the engine could not be told to look and will poll: ${message}`)
      else await clock.sleep(retryMs, stopped)
      if (stopped.aborted) return
    }
  }
}

/** Both moves as one. Files count only when they are known of both. */
function joined(earlier: BranchMove | undefined, later: BranchMove): BranchMove {
  if (earlier === undefined) return later
  const isKnown = earlier.files.length > 0 && later.files.length > 0
  const files = isKnown ? [...new Set([...earlier.files, ...later.files])] : []
  return { ...later, before: earlier.before, files }
}

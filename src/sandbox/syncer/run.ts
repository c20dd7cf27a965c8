import { type Fields, textAt } from '../json.ts'
import type { ConditionFacts } from './condition.ts'
import { formatDuration, parseDuration } from './duration.ts'

/** A step that went wrong: Flux' reason and message for `Ready`. */
export class StepFailed extends Error {
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

/** State of one run that its failure report needs. */
export interface Run {
  object: Fields
  source: Fields
  revision: string
  timeoutMs: number
  digest: string
  lastMessage: string
  progress(message: string, status?: Fields, more?: readonly ConditionFacts[]): Promise<void>
  write(status: Fields, set: readonly ConditionFacts[], drop?: readonly string[]): Promise<void>
}

export function createRun(object: Fields, source: Fields, write: Run['write']): Run {
  const intervalMs = parseDuration(textAt(object, 'spec', 'interval')) ?? 60_000
  const run: Run = {
    object,
    source,
    revision: textAt(source, 'status', 'artifact', 'revision'),
    timeoutMs: parseDuration(textAt(object, 'spec', 'timeout')) ?? Math.max(30_000, intervalMs - 30_000),
    digest: '',
    lastMessage: '',
    write,
    progress(message, status = {}, more = []) {
      run.lastMessage = `${message} for revision ${run.revision} with a timeout of ${formatDuration(run.timeoutMs)}`
      return write(status, [
        { type: 'Reconciling', status: 'True', reason: 'Progressing', message: run.lastMessage },
        { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
        ...more,
      ])
    },
  }
  return run
}

/** Does a part of a run whose exceptions fail the run with `reason`. */
export function step<T>(reason: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw new StepFailed(reason, thrown instanceof Error ? thrown.message : String(thrown))
  }
}

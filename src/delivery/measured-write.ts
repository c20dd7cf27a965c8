import { asFairleadError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { Metrics } from '../runtime/metrics.ts'

/** What is measured: an operation on the repository that metrics call `name`. */
export interface MeasuredWrite {
  name: string
  operation: 'push' | 'commit' | 'propose'
  clock: Clock
  metrics: Metrics
}

/** Counts and times a call that writes to a repository. What it rejects with is passed on, as a `FairleadError`. */
export async function measureWrite<T>(
  call: () => Promise<T>,
  { name, operation, clock, metrics }: MeasuredWrite,
): Promise<T> {
  const startedMs = clock.monotonicMs()
  const measured = (result: string) => {
    metrics.gitOperations.inc({ repository: name, operation, result })
    metrics.gitOperationDuration.observe({ repository: name, operation }, (clock.monotonicMs() - startedMs) / 1000)
  }
  try {
    const answer = await call()
    measured('ok')
    return answer
  } catch (thrown) {
    const error = asFairleadError(thrown)
    measured(error.code)
    throw error
  }
}

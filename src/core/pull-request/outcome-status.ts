import { createHash } from 'node:crypto'
import { inertLine } from '../change/inert.ts'
import { workloadName } from './change-words.ts'
import { durationWords } from './outcome-words.ts'
import type { OutcomePhase, OutcomeRollback, WorkloadOutcome } from './workload-outcome.ts'

/** What hosts know: a change that never came to its end, or of which nobody knows, stays pending. */
const stateOf: Readonly<Record<OutcomePhase, 'pending' | 'success' | 'failure'>> = {
  waiting: 'pending',
  seen: 'pending',
  applied: 'pending',
  rolling_out: 'pending',
  success: 'success',
  failed: 'failure',
  superseded: 'pending',
  unknown: 'pending',
}

/** Hosts keep 140 characters of a text and 255 of a name. */
const maxTextLength = 140
const maxNameLength = 255

/** The status of a commit for one workload: `fairlead/<cluster>/<namespace>/<name>`, and one line about it. */
export function outcomeStatus(
  cluster: string,
  outcome: WorkloadOutcome,
): { name: string; state: 'pending' | 'success' | 'failure'; text: string } {
  const name = statusName(`fairlead/${inertLine(cluster)}/${inertLine(workloadName(outcome.workload), 400)}`)
  return { name, state: stateOf[outcome.state], text: inertLine(statusWords(outcome), maxTextLength) }
}

/** Two names that are cut stay two names. */
function statusName(name: string): string {
  if (name.length <= maxNameLength) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.slice(0, maxNameLength - 9)}-${hash}`
}

function statusWords({ state, version = 'the change', durationMs, message, rollback }: WorkloadOutcome): string {
  const after = durationMs === undefined ? '' : ` after ${durationWords(durationMs)}`
  const why = message === undefined || message === '' ? '' : `: ${message}`
  const back = rollback === undefined ? '' : `, ${rollbackWords(rollback)}`
  switch (state) {
    case 'waiting':
      return `waiting until ${version} is seen${why}`
    case 'seen':
      return `${version} is seen, not applied yet${why}`
    case 'applied':
      return `${version} is applied, its rollout not seen yet${why}`
    case 'rolling_out':
      return `rolling out ${version}${why}`
    case 'success':
      return `${version} is rolled out${after}${back}${why}`
    case 'failed':
      return `${version} failed${after}${back}${why}`
    case 'superseded':
      return `something newer took over before ${version} was rolled out${back}${why}`
    case 'unknown':
      return `nobody knows what became of ${version}${why}`
  }
}

/** Short, for the cause follows: `rolled back by abababa (alice)`. */
function rollbackWords({ commit, by = 'fairlead' }: OutcomeRollback): string {
  return `rolled back by ${commit.slice(0, 7)} (${inertLine(by, 40)})`
}

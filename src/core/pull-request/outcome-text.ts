import { fillTemplate, type Templates } from '../change/template-place.ts'
import { sanitiseLine } from '../change/text.ts'
import { counted } from './change-words.ts'
import { codeSpan, table, tidyParagraphs } from './markdown.ts'
import { commitWords, durationWords, phaseWords, timeWords } from './outcome-words.ts'
import type { OutcomePhase, OutcomeRollback, WorkloadOutcome } from './workload-outcome.ts'

/** So many rows and causes are told; the rest is counted. */
const limits = { rows: 50, causes: 20 }

/** The first line of the one comment of a cluster: by it the comment is found again. Nobody sees it. */
export function outcomeMarker(cluster: string): string {
  return `<!-- fairlead-outcome: ${encodeURIComponent(sanitiseLine(cluster, 253))} -->`
}

/** The one comment in which a cluster tells what became of a merged proposal; written anew whenever something changes. */
export function renderOutcome(
  template: Templates['comment.md'],
  { cluster, outcomes }: { cluster: string; outcomes: readonly WorkloadOutcome[] },
): string {
  const text = fillTemplate('comment.md', template, {
    summary: summaryOf(outcomes),
    table: outcomeTable(outcomes),
    causes: causesOf(outcomes),
    cluster: codeSpan(cluster, 253),
  })
  return `${outcomeMarker(cluster)}\n${tidyParagraphs(text)}\n`
}

function summaryOf(outcomes: readonly WorkloadOutcome[]): string {
  const isBack = outcomes.some(({ rollback }) => rollback !== undefined)
  return `${phaseSummary(outcomes)}${isBack ? ', and the change was rolled back' : ''}`
}

function phaseSummary(outcomes: readonly WorkloadOutcome[]): string {
  const count = (state: OutcomePhase) => outcomes.filter((one) => one.state === state).length
  const [failed, done] = [count('failed'), count('success')]
  const of = outcomes.length === 1 ? '' : ` for ${failed > 0 ? failed : done} of ${outcomes.length} workloads`
  if (failed > 0) return `The rollout failed${of}`
  if (done === outcomes.length) return outcomes.length === 1 ? 'Rolled out' : `Rolled out for all ${done} workloads`
  if (done > 0) return `Rolled out${of}`
  if (count('superseded') === outcomes.length) return 'Superseded before it was rolled out'
  return count('rolling_out') > 0 ? 'Rolling out' : 'Merged, not rolled out yet'
}

function outcomeTable(outcomes: readonly WorkloadOutcome[]): string {
  const hasRollback = outcomes.some(({ rollback }) => rollback !== undefined)
  const header = ['Workload', 'Phase', 'Since (UTC)', 'Seen (UTC)', 'Applied (UTC)', 'Duration', 'Commit']
  const rows = outcomes.slice(0, limits.rows).map((one) => {
    const cells = [
      codeSpan(one.workload, 400),
      phaseWords[one.state],
      timeWords(one.since),
      timeWords(one.seenAt),
      timeWords(one.appliedAt),
      durationWords(one.durationMs),
      commitWords(one.commit),
    ]
    return hasRollback ? [...cells, rollbackCell(one.rollback)] : cells
  })
  const text = table(hasRollback ? [...header, 'Rollback'] : header, rows)
  const left = outcomes.length - rows.length
  return left === 0 ? text : `${text}\n\nand ${counted(left, 'more workload')}.`
}

/** The commit, and who wanted it. */
function rollbackCell(rollback: OutcomeRollback | undefined): string {
  if (rollback === undefined) return '–'
  const { commit, by } = rollback
  return `${commitWords(commit)} by ${by === undefined ? 'fairlead' : codeSpan(by, 100)}`
}

/** Why something failed or waits; failures first. */
function causesOf(outcomes: readonly WorkloadOutcome[]): string {
  const told = outcomes.filter(({ message }) => message !== undefined && message.trim() !== '')
  const [failed, others] = [told.filter(isFailed), told.filter((one) => !isFailed(one))]
  const lines = [...failed, ...others]
    .slice(0, limits.causes)
    .map(({ workload, message = '' }) => `* ${codeSpan(workload, 400)}: ${codeSpan(message, 500)}`)
  const left = told.length - lines.length
  return [...lines, ...(left > 0 ? [`* and ${counted(left, 'more message')}`] : [])].join('\n')
}

function isFailed({ state }: WorkloadOutcome): boolean {
  return state === 'failed'
}

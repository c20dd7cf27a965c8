import { carriesImage } from './carried-image.ts'
import type { UpdateHistoryEntry } from './update-history.ts'
import type { WorkloadReport } from './workload-report.ts'

/** What somebody waits for: everything about one commit, or about one image. */
export type AwaitedTarget = { commit: string } | { image: string }

export interface AwaitedFacts {
  target: AwaitedTarget
  /** `Kind/namespace/name`: only this one counts. */
  workload?: string | undefined
  /** Decisions that are about the target. */
  entries: readonly UpdateHistoryEntry[]
  /** Every workload that runs the image; of a commit, those of its decisions. */
  reports: readonly WorkloadReport[]
}

/** How far the target has come in one workload. */
export interface AwaitedWorkload {
  workload: string
  state: AwaitedState
  message: string
}

/** `failed` also when it was refused, or when something else took its place: nothing more is to come. */
export type AwaitedState = 'rolled_out' | 'failed' | 'waiting'

export interface AwaitedOutcome {
  state: AwaitedState
  message: string
  workloads: AwaitedWorkload[]
}

/**
 * Whether what somebody waits for has come to its end: `failed` as soon as one workload is, `rolled_out` when there is at
 * least one and all are. Of an unknown commit or image nothing is known, so it is waited for.
 */
export function decideAwaited(facts: AwaitedFacts): AwaitedOutcome {
  const { target, workload, entries, reports } = facts
  const named = entries.flatMap((entry) => entry.workloads.map((one) => one.workload))
  const running = 'image' in target ? reports.filter((one) => runs(one, target.image)).map(keyOf) : []
  const keys = [...new Set([...named, ...running])].filter((key) => workload === undefined || key === workload).sort()
  const workloads = keys.map((key) => ({ workload: key, ...decideOne(key, facts) }))
  if (workloads.length === 0) {
    const where = workload === undefined ? '' : ` in ${workload}`
    const message =
      'commit' in target
        ? `commit ${target.commit} is none that fairlead is known to have made or merged${where} as yet`
        : `nothing runs ${target.image}${where}, and no decision about it is known as yet`
    return { state: 'waiting', message, workloads }
  }
  return outcomeOf(workloads)
}

/** More are counted, not named. */
const maxWords = 5

/** `failed` as soon as one is, `rolled_out` when all are; the words are those of the workloads that decide. At least one. */
export function outcomeOf(workloads: AwaitedWorkload[]): AwaitedOutcome {
  const of = (state: AwaitedState) => workloads.filter((one) => one.state === state)
  const state = of('failed').length > 0 ? 'failed' : of('waiting').length > 0 ? 'waiting' : 'rolled_out'
  const words = of(state).map((one) => `${one.workload}: ${one.message}`)
  const more = words.length > maxWords ? [`and ${words.length - maxWords} more`] : []
  return { state, message: [...words.slice(0, maxWords), ...more].join('; '), workloads }
}

/** How one workload stands. */
export type Standing = Pick<AwaitedWorkload, 'state' | 'message'>

/** What runs decides; the newest decision only says why it does not run (yet). */
function decideOne(key: string, { target, entries, reports }: AwaitedFacts): Standing {
  const report = reports.find((one) => keyOf(one) === key)
  const entry = entries
    .filter(({ workloads }) => workloads.some(({ workload }) => workload === key))
    .reduce<UpdateHistoryEntry | undefined>((newest, one) => (newest && newest.at > one.at ? newest : one), undefined)
  const image = 'image' in target ? target.image : entry?.to
  if (report !== undefined && image !== undefined && runs(report, image, entry?.digest)) return rolloutStanding(report)
  return entry === undefined ? waiting('it does not run it') : decided(entry, key, report)
}

/** How the rollout of what is wanted stands, once the workload runs it. */
export function rolloutStanding({
  phase,
  reason,
  message,
}: Pick<WorkloadReport, 'phase' | 'reason' | 'message'>): Standing {
  if (phase === 'success') return { state: 'rolled_out', message }
  if (phase === 'failed') return { state: 'failed', message: `${reason}: ${message}` }
  return waiting(message === '' ? 'rolls out' : message)
}

function decided(entry: UpdateHistoryEntry, key: string, report: WorkloadReport | undefined): Standing {
  const { phase, message, updateRequest, notApplied } = entry
  if (phase === 'Pending' || phase === 'Approved') return waiting(`${updateRequest} is ${phase}: ${message}`)
  if (phase !== 'Completed') return { state: 'failed', message: `${updateRequest} is ${phase}: ${message}` }
  const rollout = entry.workloads.find(({ workload }) => workload === key)
  const stuck = notApplied && `${message}; ${notApplied.reason}: ${notApplied.message}`
  const words = rollout?.message ?? stuck ?? message
  switch (rollout?.phase) {
    case 'failed':
      return { state: 'failed', message: words }
    case 'superseded':
      return { state: 'failed', message: `something else took its place: ${words}` }
    case 'success':
      // Only a release with its chart has no report; what has one and runs it was answered from that.
      return report === undefined ? { state: 'rolled_out', message: words } : { state: 'failed', message: gone(report) }
    default:
      return waiting(words)
  }
}

function gone({ images }: WorkloadReport): string {
  return `it was rolled out, but ${images.map(({ image }) => image).join(', ')} runs now`
}

function waiting(message: string): Standing {
  return { state: 'waiting', message }
}

function runs({ images }: WorkloadReport, to: string, digest?: string): boolean {
  const wanted = digest === undefined ? { to } : { to, digest }
  return images.some(({ image }) => carriesImage(image, wanted))
}

function keyOf({ kind, namespace, name }: WorkloadReport): string {
  return `${kind}/${namespace}/${name}`
}

import { type AwaitedOutcome, type AwaitedTarget, decideAwaited } from '../core/change/awaited.ts'
import type { CommitReport } from '../core/change/commit-report.ts'
import { parseDuration } from '../core/change/duration.ts'
import type { UpdateHistoryEntry } from '../core/change/update-history.ts'
import type { WorkloadReport } from '../core/change/workload-report.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import { systemClock } from '../runtime/clock.ts'
import { type ApiClient, getAll, withApi } from './api-client.ts'
import { readApiArguments } from './api-options.ts'
import { type AwaitedPlace, commitPath, completeCommit, findAbsence, isChart, placeOf } from './awaited-place.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { readOneWorkload, wantsJson } from './workload-argument.ts'

const usage =
  'Usage: fairlead wait --commit SHA | --image REF [KIND/NS/NAME | --namespace NS] [--timeout 15m] --server URL'

const pollMs = 2_000
/** `fairlead wait` and its answers: 0 rolled out, 1 failed or refused, 3 no end in time. */
const exitCodes = { rolled_out: 0, failed: 1, waiting: 3 } as const

/** What `wait` is about. */
interface Question extends AwaitedPlace {
  target: AwaitedTarget
  timeoutMs: number
}

/** `fairlead wait`: until a commit or an image is rolled out, or will not be; every change on the way is told. */
export function waitCommand(args: string[], io: Io, clock: Clock = systemClock): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const options = readApiArguments(args, ['commit', 'image', 'namespace', 'timeout'], usage)
    const question = readQuestion(options)
    const tell = (outcome: AwaitedOutcome) => {
      if (!options.isJson) io.stdout(screenText(`${outcome.state}: ${outcome.message}\n`))
    }
    const outcome = await withApi(options, async (api) => {
      await requirePresence(question, api)
      const target = await completeCommit(question, api)
      return waitFor({ ...question, target }, { api, clock, tell })
    })
    if (options.isJson) io.stdout(`${JSON.stringify(outcome)}\n`)
    else if (outcome.state === 'waiting') io.stderr(`Timeout: no end after ${question.timeoutMs / 1000} s\n`)
    return exitCodes[outcome.state]
  })
}

/** A workload that is named may come with the commit, so it is waited for. */
async function requirePresence(question: Question, api: ApiClient): Promise<void> {
  if ('commit' in question.target && question.workload !== undefined) return
  const absence = await findAbsence(question, api)
  if (absence !== undefined) throw absence
}

/** What is told of a commit that fairlead did not make has the objects of the engines with it. */
type Outcome = AwaitedOutcome | CommitReport

interface WaitDeps {
  api: ApiClient
  clock: Clock
  /** Told what is so at first, and whenever it changes. */
  tell(outcome: AwaitedOutcome): void
}

async function waitFor(question: Question, { api, clock, tell }: WaitDeps): Promise<Outcome> {
  const endMs = clock.monotonicMs() + question.timeoutMs
  let last: Outcome | undefined
  let told: Outcome | undefined
  for (;;) {
    const outcome = await look(question, api, last)
    const leftMs = endMs - clock.monotonicMs()
    if (isSettled(outcome, last) || leftMs <= 0) {
      if (outcome.message !== told?.message || outcome.state !== told.state) tell(outcome)
      if (outcome.state !== 'waiting' || leftMs <= 0) return outcome
      told = outcome
    }
    last = outcome
    await clock.sleep(Math.min(pollMs, leftMs))
  }
}

/** An engine may have told of its objects before Kubernetes has told of theirs, so its commits have to end twice. */
function isSettled(outcome: Outcome, last: Outcome | undefined): boolean {
  return outcome.state === 'waiting' || !('objects' in outcome) || outcome.state === last?.state
}

/** Once there was an answer, an API that is away for a while (a new replica takes over) is waited for, too. */
async function look(question: Question, api: ApiClient, last: Outcome | undefined): Promise<Outcome> {
  try {
    return await lookOnce(question, api)
  } catch (thrown) {
    const { kind, code } = asFairleadError(thrown)
    if (last === undefined || kind !== 'transient' || code === 'ApiUnauthorized') throw thrown
    return last
  }
}

async function lookOnce({ target, workload, namespace }: Question, api: ApiClient): Promise<Outcome> {
  const place = placeOf({ workload, namespace })
  const entries = await getAll<UpdateHistoryEntry>(api, '/api/v1/history', { ...target, ...place })
  // Of what fairlead did not make, the engines tell.
  if ('commit' in target && entries.length === 0 && !isChart(workload)) {
    return lookAtCommit(target.commit, { workload, namespace }, api)
  }
  const reports = await readReports(target, entries, place, api)
  const key = workload && `${workload.kind}/${workload.namespace}/${workload.name}`
  return decideAwaited({ target, workload: key, entries, reports })
}

/** A workload that is not there is missed for good when the commit has come to its end in the namespace without it. */
async function lookAtCommit(commit: string, place: AwaitedPlace, api: ApiClient): Promise<CommitReport> {
  const absence = await findAbsence(place, api)
  const where = absence === undefined ? place : { workload: undefined, namespace: place.workload?.namespace }
  const { value } = await api.get<CommitReport>(commitPath(commit, placeOf(where)))
  if (absence === undefined) return value
  if (value.state !== 'waiting') return { ...value, state: 'failed', message: absence.message }
  return { ...value, message: `${absence.message}; ${value.message}` }
}

/** Those that run the image, and those of the decisions, whatever they run. */
async function readReports(
  target: AwaitedTarget,
  entries: readonly UpdateHistoryEntry[],
  place: Record<string, string>,
  api: ApiClient,
): Promise<WorkloadReport[]> {
  const read = (filter: Record<string, string>) => getAll<WorkloadReport>(api, '/api/v1/workloads', filter)
  const reports = 'image' in target ? await read({ ...target, ...place }) : []
  const known = new Set(reports.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`))
  const named = new Set(entries.flatMap(({ workloads }) => workloads.map((one) => one.workload)))
  for (const key of named) {
    const [kind = '', namespace = '', name = ''] = key.split('/')
    if (!known.has(key)) reports.push(...(await read({ kind, namespace, name })))
  }
  return reports
}

function readQuestion(options: ReturnType<typeof readApiArguments<'commit' | 'image' | 'namespace' | 'timeout'>>) {
  const { commit, image, namespace, timeout = '15m' } = options.values
  const wrong = (why: string) => new FairleadError('UsageInvalid', `${why}\n${usage}`)
  if ((commit === undefined) === (image === undefined)) throw wrong('One of --commit and --image is needed.')
  if (commit !== undefined && !/^[0-9a-f]{7,40}$/i.test(commit))
    throw wrong(`--commit ${commit}: want 7 to 40 hex digits of a commit.`)
  if (image === '') throw wrong('--image is empty.')
  const timeoutMs = parseDuration(timeout)
  if (timeoutMs === undefined) throw wrong(`--timeout ${timeout}: want a duration such as 15m or 1h30m.`)
  const workload = readOneWorkload(options.positionals, usage)
  const target: AwaitedTarget = commit === undefined ? { image: image ?? '' } : { commit: commit.toLowerCase() }
  return { target, workload, namespace, timeoutMs }
}

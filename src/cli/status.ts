import type { WaitingUpdate, WorkloadReport } from '../core/change/workload-report.ts'
import { FairleadError } from '../errors.ts'
import { getAll, withApi } from './api-client.ts'
import { readApiArguments } from './api-options.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { nothingFound, renderTable } from './table.ts'
import { readOneWorkload, wantsJson } from './workload-argument.ts'

const usage = 'Usage: fairlead status [KIND/NS/NAME | --namespace NS] [--phase P] --server URL'

/** `fairlead status`: every watched workload, or one: version, phase, since when, from which commit, and what waits. */
export function statusCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const options = readApiArguments(args, ['namespace', 'phase'], usage)
    const workload = readOneWorkload(options.positionals, usage)
    const filter = { ...options.values, ...workload }
    const reports = await withApi(options, (api) => getAll<WorkloadReport>(api, '/api/v1/workloads', filter))
    if (workload !== undefined && reports.length === 0) {
      const { kind, namespace, name } = workload
      const fits = options.values.phase === undefined ? '' : ` in phase ${options.values.phase}`
      throw new FairleadError(
        'ApiNotFound',
        `no workload ${kind}/${namespace}/${name}${fits} is watched; is its name right, and does fairlead watch its namespace?`,
      )
    }
    if (reports.length === 0 && !options.isJson) io.stderr(screenText(nothingFound('watched workload', filter)))
    else io.stdout(options.isJson ? `${JSON.stringify(reports)}\n` : textOf(reports))
    return 0
  })
}

/** One line for each, and below it in full what goes wrong and what waits. */
function textOf(reports: readonly WorkloadReport[]): string {
  const table = renderTable(['WORKLOAD', 'VERSION', 'PHASE', 'SINCE', 'COMMIT', 'WAITING'], reports.map(rowOf))
  const notes = reports.flatMap((report) => [
    ...(report.phase === 'failed' ? [`${nameOf(report)}: ${report.reason}: ${report.message}`] : []),
    ...(report.notPutBack === undefined ? [] : [`${nameOf(report)}: not put back: ${obstacleText(report.notPutBack)}`]),
    ...(report.hold === undefined ? [] : [`${nameOf(report)}: held: ${report.hold}`]),
    ...report.waiting.map((one) => `${nameOf(report)}: ${waitingText(one)}`),
  ])
  return notes.length === 0 ? table : `${table}\n${screenText(notes.join('\n'))}\n`
}

function rowOf(report: WorkloadReport): string[] {
  const { version, phase, since = '', commit = '', waiting } = report
  return [nameOf(report), version, phase, since, commit.slice(0, 12), String(waiting.length)]
}

function obstacleText({ reason, message }: NonNullable<WorkloadReport['notPutBack']>): string {
  return `${reason}: ${message}`
}

function waitingText({ updateRequest, to, reason, message, since }: WaitingUpdate): string {
  const start = since === undefined ? '' : ` since ${since}`
  const why = [reason, message].filter((words) => words !== '').join(': ')
  return `${to} waits${start}: ${why} (${updateRequest})`
}

function nameOf({ kind, namespace, name }: WorkloadReport): string {
  return `${kind}/${namespace}/${name}`
}

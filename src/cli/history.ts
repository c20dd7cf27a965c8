import { parseArgs } from 'node:util'
import { type CommitHistoryEntry, commitHistory, type LoggedCommit } from '../core/change/commit-history.ts'
import type { UpdateHistoryEntry } from '../core/change/update-history.ts'
import { FairleadError } from '../errors.ts'
import { getAll, withApi } from './api-client.ts'
import { readApiArguments } from './api-options.ts'
import { type Io, screenText } from './io.ts'
import { optionMistake } from './option-mistake.ts'
import { refusing } from './refusal.ts'
import { nothingFound, renderTable } from './table.ts'
import { readOneWorkload, wantsJson } from './workload-argument.ts'

const usage =
  'Usage: fairlead history [KIND/NS/NAME] --repo DIR | fairlead history [KIND/NS/NAME | --namespace NS] --server URL'

type ReadLog = (dir: string) => Promise<readonly LoggedCommit[]>

/**
 * `fairlead history`: what was changed, by whom, and what became of it, newest first. With `--repo` from the commits of a
 * checkout alone, without a cluster; else from the UpdateRequests that are kept.
 */
export function historyCommand(args: string[], io: Io, readLog: ReadLog): Promise<number> {
  const isOffline = args.some((arg) => arg === '--repo' || arg.startsWith('--repo='))
  return refusing(io, wantsJson(args), async () => {
    await (isOffline ? printCommits(args, io, readLog) : printUpdates(args, io))
    return 0
  })
}

async function printUpdates(args: readonly string[], io: Io): Promise<void> {
  const options = readApiArguments(args, ['namespace'], usage)
  const filter = { ...options.values, ...readOneWorkload(options.positionals, usage) }
  const entries = await withApi(options, (api) => getAll<UpdateHistoryEntry>(api, '/api/v1/history', filter))
  if (entries.length === 0 && !options.isJson) io.stderr(screenText(nothingFound('decision', filter)))
  else io.stdout(options.isJson ? `${JSON.stringify(entries)}\n` : updatesText(entries))
}

function updatesText(entries: readonly UpdateHistoryEntry[]): string {
  const rows = entries.flatMap((entry) =>
    entry.workloads.map(({ workload, phase }) => {
      const { at, action, from, to, approvedBy, rejectedBy, requestedBy, commit = '' } = entry
      const by = rejectedBy ?? approvedBy ?? requestedBy ?? `policy ${entry.policy}`
      const outcome = phase === undefined ? entry.phase : `${entry.phase}, ${phase}`
      return [at, action, workload, `${from} -> ${to}`, outcome, by, commit.slice(0, 12)]
    }),
  )
  return renderTable(['AT', 'ACTION', 'WORKLOAD', 'CHANGE', 'OUTCOME', 'BY', 'COMMIT'], rows)
}

async function printCommits(args: string[], io: Io, readLog: ReadLog): Promise<void> {
  const { values, positionals } = parseOffline(args)
  const { repo = '', output } = values
  if (repo === '') throw new FairleadError('UsageInvalid', `--repo DIR is empty.\n${usage}`)
  if (output !== undefined && output !== 'json') {
    throw new FairleadError('UsageInvalid', `-o ${output}: only json is known.\n${usage}`)
  }
  const workload = readOneWorkload(positionals, usage)
  const key = workload && `${workload.kind}/${workload.namespace}/${workload.name}`
  const all = commitHistory(await readLog(repo))
  const entries = all.filter(({ workloads }) => key === undefined || workloads.includes(key))
  if (entries.length === 0 && output === undefined)
    io.stderr(screenText(nothingFound('commit of fairlead', { ...workload })))
  else io.stdout(output === 'json' ? `${JSON.stringify(entries)}\n` : commitsText(entries))
}

function commitsText(entries: readonly CommitHistoryEntry[]): string {
  const rows = entries.map(({ at, action, workloads, from, to, author, commit }) => {
    const [first = '', ...others] = workloads
    const where = others.length === 0 ? first : `${first} and ${others.length} more`
    return [at, action, where, `${from} -> ${to}`, author, commit.slice(0, 12)]
  })
  return renderTable(['AT', 'ACTION', 'WORKLOAD', 'CHANGE', 'BY', 'COMMIT'], rows)
}

function parseOffline(args: string[]) {
  const options = { repo: { type: 'string' }, output: { type: 'string', short: 'o' } } as const
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (thrown) {
    throw new FairleadError('UsageInvalid', `${optionMistake(thrown, Object.keys(options))}\n${usage}`)
  }
}

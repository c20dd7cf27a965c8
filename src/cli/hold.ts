import type { HoldReport } from '../core/change/hold.ts'
import { FairleadError } from '../errors.ts'
import { withApi } from './api-client.ts'
import { readApiArguments } from './api-options.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { readOneWorkload, wantsJson } from './workload-argument.ts'

const usages = {
  hold: 'Usage: fairlead hold KIND/NS/NAME --reason TEXT --server URL',
  release: 'Usage: fairlead release KIND/NS/NAME [--reason TEXT] --server URL',
} as const

/** `fairlead hold`: writes the hold into the manifest in Git, or proposes that; exit 0, too, when it is held already. */
export function holdCommand(args: string[], io: Io): Promise<number> {
  return change('hold', args, io)
}

/** `fairlead release`: takes the hold away, and lifts what was put back; exit 0, too, when there was nothing to do. */
export function releaseCommand(args: string[], io: Io): Promise<number> {
  return change('release', args, io)
}

function change(action: keyof typeof usages, args: string[], io: Io): Promise<number> {
  const usage = usages[action]
  return refusing(io, wantsJson(args), async () => {
    const options = readApiArguments(args, ['reason'], usage)
    const workload = readOneWorkload(options.positionals, usage)
    const { reason } = options.values
    if (workload === undefined) throw new FairleadError('UsageInvalid', `KIND/NS/NAME is missing.\n${usage}`)
    if (action === 'hold' && !reason) throw new FairleadError('UsageInvalid', `--reason TEXT is missing.\n${usage}`)
    const { kind, namespace, name } = workload
    const path = `/api/v1/workloads/${[namespace, kind, name].map(encodeURIComponent).join('/')}/${action}`
    const body = reason === undefined ? {} : { reason }
    const { value } = await withApi(options, (api) => api.post<HoldReport>(path, body))
    io.stdout(options.isJson ? `${JSON.stringify(value)}\n` : screenText(textOf(value)))
    return 0
  })
}

function textOf({ kind, namespace, name, message, file, branch, commit }: HoldReport): string {
  const where = commit === undefined ? [] : [`${file} on ${branch}: commit ${commit}`]
  return [`${kind}/${namespace}/${name}: ${message}`, ...where, ''].join('\n')
}

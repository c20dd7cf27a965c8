import type { UpdateRequest } from '../api/update-request.ts'
import { FairleadError } from '../errors.ts'
import { getAll, withApi } from './api-client.ts'
import { readApiArguments } from './api-options.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { nothingFound } from './table.ts'
import { wantsJson } from './workload-argument.ts'

const usage = 'Usage: fairlead updates [--namespace NS] [--phase P] --server URL'

/** `fairlead updates`: the decisions there are, all pages of them. */
export function updatesCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const options = readApiArguments(args, ['namespace', 'phase'], usage)
    if (options.positionals.length > 0) throw new FairleadError('UsageInvalid', `Too many arguments.\n${usage}`)
    const items = await withApi(options, (api) => getAll<UpdateRequest>(api, '/api/v1/updates', options.values))
    if (items.length === 0 && !options.isJson) io.stderr(screenText(nothingFound('UpdateRequest', options.values)))
    else io.stdout(options.isJson ? `${JSON.stringify(items)}\n` : screenText(items.map(lineOf).join('')))
    return 0
  })
}

function lineOf({ metadata, spec, status }: UpdateRequest): string {
  const { from, to } = spec.change
  const { phase = 'Pending', pullRequest } = status ?? {}
  const link = pullRequest === undefined ? '' : ` #${pullRequest.number} ${pullRequest.url}`
  return `${metadata.namespace}/${metadata.name} ${phase} ${from} -> ${to}${link}\n`
}

import type { UpdateRequest } from '../api/update-request.ts'
import { FairleadError } from '../errors.ts'
import { withApi } from './api-client.ts'
import { readApiArguments } from './api-options.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { parseWorkload, wantsJson } from './workload-argument.ts'

const usage = 'Usage: fairlead rollback KIND/NS/NAME --reason TEXT [--to REF] [--container C] --server URL'

/** `fairlead rollback`: makes the decision to put an older image back; exit 0 when it is made, which is before it lands. */
export function rollbackCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const options = readApiArguments(args, ['to', 'container', 'reason'], usage)
    const { to, container, reason } = options.values
    const { kind, namespace, name } = workloadOf(options.positionals)
    if (!reason) throw wrong('--reason TEXT is missing.')
    const path = `/api/v1/workloads/${[namespace, kind, name].map(encodeURIComponent).join('/')}/rollback`
    const body = { reason, ...(to === undefined ? {} : { to }), ...(container === undefined ? {} : { container }) }
    const { value } = await withApi(options, (api) => api.post<UpdateRequest>(path, body))
    io.stdout(options.isJson ? `${JSON.stringify(value)}\n` : screenText(textOf(value)))
    return 0
  })
}

function workloadOf([text, extra]: readonly string[]) {
  if (text === undefined || extra !== undefined) throw wrong('Exactly one KIND/NS/NAME is needed.')
  const workload = parseWorkload(text, wrong)
  if (workload.namespace === '') throw wrong('The namespace is missing.')
  return { ...workload, namespace: workload.namespace ?? '' }
}

function wrong(why: string): FairleadError {
  return new FairleadError('UsageInvalid', `${why}\n${usage}`)
}

function textOf({ metadata, spec, status }: UpdateRequest): string {
  const { from, to } = spec.change
  const state = status?.message ?? 'decided; it is committed unless something stops it'
  return [`${metadata.namespace}/${metadata.name}: ${from} -> ${to}`, state, ''].join('\n')
}

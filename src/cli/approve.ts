import type { UpdateRequest } from '../api/update-request.ts'
import { FairleadError } from '../errors.ts'
import { updatePath, withApi } from './api-client.ts'
import { readApiArguments, readRequestName } from './api-options.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { wantsJson } from './workload-argument.ts'

const approveUsage = 'Usage: fairlead approve NS/NAME [--digest D] --server URL'
const rejectUsage = 'Usage: fairlead reject NS/NAME --reason TEXT [--digest D] --server URL'

/** `fairlead approve`: exit 0 when it may be committed now, 3 when somebody else has to approve too. */
export function approveCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const decided = await decide(args, 'approve', approveUsage)
    print(io, decided)
    return decided.request.status?.phase === 'Approved' ? 0 : 3
  })
}

/** `fairlead reject`: the version is refused until a newer one lands. */
export function rejectCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    print(io, await decide(args, 'reject', rejectUsage))
    return 0
  })
}

interface Decided {
  request: UpdateRequest
  isJson: boolean
}

/** Looks first and sends back what it saw: what changes in between is not decided about. */
async function decide(args: readonly string[], verb: 'approve' | 'reject', usage: string): Promise<Decided> {
  const options = readApiArguments(args, ['digest', 'reason'], usage)
  const { digest, reason } = options.values
  if (verb === 'reject' && !reason) throw new FairleadError('UsageInvalid', `--reason TEXT is missing.\n${usage}`)
  if (verb === 'approve' && reason !== undefined) {
    throw new FairleadError('UsageInvalid', `--reason belongs to reject.\n${usage}`)
  }
  const path = updatePath(readRequestName(options.positionals, usage))
  const body = { ...(digest === undefined ? {} : { digest }), ...(reason === undefined ? {} : { reason }) }
  return withApi(options, async (api) => {
    const { etag } = await api.get<UpdateRequest>(path)
    const { value } = await api.post<UpdateRequest>(`${path}/${verb}`, body, { 'if-match': etag })
    return { request: value, isJson: options.isJson }
  })
}

function print(io: Io, { request, isJson }: Decided): void {
  io.stdout(isJson ? `${JSON.stringify(request)}\n` : screenText(textOf(request)))
}

function textOf(request: UpdateRequest): string {
  const { metadata, spec, status } = request
  const { from, to, digest = 'digest unknown' } = spec.change
  return [`${metadata.namespace}/${metadata.name}: ${from} -> ${to} (${digest})`, status?.message ?? '', ''].join('\n')
}

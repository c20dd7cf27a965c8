import type { ContainerExplanation, Gate, WorkloadExplanation } from '../core/change/gate.ts'
import { FairleadError } from '../errors.ts'
import { withApi } from './api-client.ts'
import { readApiArguments } from './api-options.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { readOneWorkload, wantsJson } from './workload-argument.ts'

const usage = 'Usage: fairlead explain KIND/NS/NAME [--container C] --server URL'

/** `fairlead explain`: every gate on the way of a workload's images, up to the one that stops it. */
export function explainCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const options = readApiArguments(args, ['container'], usage)
    const workload = readOneWorkload(options.positionals, usage)
    if (workload === undefined) throw new FairleadError('UsageInvalid', `KIND/NS/NAME is missing.\n${usage}`)
    const query = new URLSearchParams(workload)
    if (options.values.container !== undefined) query.set('container', options.values.container)
    const { value } = await withApi(options, (api) => api.get<WorkloadExplanation>(`/api/v1/explain?${query}`))
    io.stdout(options.isJson ? `${JSON.stringify(value)}\n` : screenText(textOf(value)))
    return 0
  })
}

function textOf({ kind, namespace, name, containers }: WorkloadExplanation): string {
  const blocks = containers.flatMap((one) => ['', ...containerLines(one)])
  return [`${kind} ${namespace}/${name}`, ...blocks, ''].join('\n')
}

function containerLines({ container, image, gates, verdicts, candidates = [], updateRequest }: ContainerExplanation) {
  const counts = Object.entries(verdicts ?? {}).map(([verdict, count]) => `${count} ${verdict}`)
  return [
    `${container}: ${image}`,
    ...gates.flatMap(gateLines),
    ...(counts.length === 0 ? [] : [`  tags: ${counts.join(', ')}`]),
    ...candidates.map(({ tag, verdict }) => `    ${tag} ${verdict}`),
    ...(updateRequest === undefined ? [] : [`  UpdateRequest ${updateRequest}`]),
  ]
}

function gateLines({ gate, verdict, reason, message, evidence = [] }: Gate): string[] {
  const why = verdict === 'pass' ? message : `${reason}: ${message}`
  return [`  ${verdict} ${gate}: ${why}`, ...evidence.map((line) => `      ${line}`)]
}

import type { UpdateRequest } from '../api/update-request.ts'
import type { ChangePreview } from '../core/change/gate.ts'
import { updatePath, withApi } from './api-client.ts'
import { readApiArguments, readRequestName } from './api-options.ts'
import { type Io, screenDiff, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { wantsJson } from './workload-argument.ts'

const usage = 'Usage: fairlead plan NS/NAME --server URL'

/** `fairlead plan`: what an UpdateRequest would push now. Exit 0, 1 when nothing would be pushed. */
export function planCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const options = readApiArguments(args, [], usage)
    const path = updatePath(readRequestName(options.positionals, usage))
    const { value } = await withApi(options, (api) =>
      api.get<{ request: UpdateRequest; plan: ChangePreview }>(`${path}/plan`),
    )
    const { digest } = value.request.spec.change
    if (options.isJson) io.stdout(`${JSON.stringify({ ...value.plan, digest })}\n`)
    else io.stdout(screenText(textOf(value.plan, digest)) + screenDiff(value.plan.diff ?? ''))
    return value.plan.result === 'refused' ? 1 : 0
  })
}

function textOf({ refusal, ...plan }: ChangePreview, digest: string | undefined): string {
  const place = `${plan.branch} of ${plan.repository}`
  if (refusal !== undefined) {
    return [`${refusal.code}: ${refusal.message}`, ...refusal.evidence.map((line) => `  ${line}`), ''].join('\n')
  }
  if (plan.result === 'settled') return `nothing to push: ${place} holds it already\n`
  const words = (plan.message ?? '').trimEnd().split('\n')
  return [
    `commit ${plan.commit ?? '(made and signed by the host)'}`,
    `tree ${plan.tree}`,
    `onto ${plan.base} (${place})`,
    `digest ${digest ?? 'unknown'}`,
    '',
    ...words.map((line) => `    ${line}`.trimEnd()),
    '',
    '',
  ].join('\n')
}

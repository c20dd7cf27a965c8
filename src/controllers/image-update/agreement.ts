import type { Mode } from '../../api/annotation.ts'
import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRule } from '../../core/image/settings.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { FairleadError } from '../../errors.ts'
import type { ContainerFacts } from './decide.ts'
import { watchedContainers } from './observe.ts'

/**
 * One slot may decide several containers; they are updated together, so their policies must agree and the strictest
 * approval wins. `PolicyConflict` names those that differ; no policy at all is the strictest there is.
 */
export function agreeing(
  facts: ContainerFacts,
  deps: { workload: (key: string) => Workload | undefined; rules: readonly UpdateRule[]; mode: Mode },
): { requireApproval: boolean } {
  let { requireApproval } = facts.settings
  for (const other of facts.trace.containers) {
    const workload = deps.workload(objectKey(other))
    if (workload === undefined) continue
    const watched = watchedContainers(workload, deps.rules, deps.mode).find((one) => one.container === other.container)
    if (watched === undefined) throw conflict(facts, `${objectKey(other)} container ${other.container}: no policy`)
    if ('error' in watched) throw watched.error
    if (watched.settings.policyText !== facts.settings.policyText) {
      throw conflict(facts, `${objectKey(other)} container ${other.container}: ${watched.settings.policyText}`)
    }
    requireApproval ||= watched.settings.requireApproval
  }
  return { requireApproval }
}

function conflict({ container, settings, trace }: ContainerFacts, other: string): FairleadError {
  const evidence = [`container ${container}: ${settings.policyText}`, other]
  const message = `${trace.file} decides several containers, and their policies differ (${evidence.join('; ')})`
  return new FairleadError('PolicyConflict', message, { evidence })
}

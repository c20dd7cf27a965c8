import type { Mode } from '../../api/annotation.ts'
import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRule } from '../../core/image/settings.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { FairleadError } from '../../errors.ts'
import type { ContainerFacts } from './decide.ts'
import { watchedContainers } from './observe.ts'

/**
 * One slot may decide several containers; they are updated together, so their policies must agree and the strictest
 * approval wins. `PolicyConflict` names those that differ; a container without any policy follows the others.
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
    if (watched === undefined) continue
    if ('error' in watched) throw watched.error
    if (watched.settings.policyText !== facts.settings.policyText) {
      const evidence = [
        `${facts.container}: ${facts.settings.policyText}`,
        `${objectKey(other)}: ${watched.settings.policyText}`,
      ]
      throw new FairleadError('PolicyConflict', `${facts.trace.file} decides containers whose policies differ`, {
        evidence,
      })
    }
    requireApproval ||= watched.settings.requireApproval
  }
  return { requireApproval }
}

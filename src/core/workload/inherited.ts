import { policyPrefixes } from '../../api/annotation.ts'
import type { Workload } from './workload.ts'

/**
 * The workload with the policy annotations of what it belongs to (a HelmRelease, an Application); its own beat them. What
 * they say about a container that this workload does not have is about another one.
 */
export function withInherited(workload: Workload, annotations: Readonly<Record<string, string>>): Workload {
  const names = workload.containers.map(({ name }) => name)
  const inherited = ownAnnotations(annotations, names)
  if (Object.keys(inherited).length === 0) return workload
  return { ...workload, annotations: { ...inherited, ...workload.annotations } }
}

/** The policy annotations of a release without those that are for other containers than these. */
export function ownAnnotations(
  annotations: Readonly<Record<string, string>>,
  containers: readonly string[],
): Record<string, string> {
  const own = Object.entries(annotations).filter(([key]) => {
    const prefix = policyPrefixes.find((one) => key.startsWith(one))
    const [, ...container] = key.slice(prefix?.length).split('.')
    return prefix !== undefined && (container.length === 0 || containers.includes(container.join('.')))
  })
  return Object.fromEntries(own)
}

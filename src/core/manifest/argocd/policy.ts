import { type DeclaredPolicy, declaredPolicyOfOwner } from '../declared-annotation.ts'
import type { DeclaredApplication } from './declared-application.ts'

/** What Git says about how a workload of an Application may be updated: the Application's word, and over it its own. */
export function policyOfApplication(application: DeclaredApplication, workload: DeclaredPolicy): DeclaredPolicy {
  const { annotations, labels, patches } = ownPolicy(application)
  const isOwn = Object.keys(workload.labels).length > 0
  return {
    annotations: { ...annotations, ...workload.annotations },
    labels: isOwn ? workload.labels : labels,
    patches: [...workload.patches, ...patches],
  }
}

function ownPolicy({ fields, manifest, generated }: DeclaredApplication): DeclaredPolicy {
  // What kustomize puts on an ApplicationSet does not reach what it makes.
  const layers = generated === undefined ? (manifest?.source.layers ?? []) : []
  return declaredPolicyOfOwner(fields, layers)
}

import { type DeclaredPolicy, declaredPolicyOfOwner } from '../declared-annotation.ts'
import type { DeclaredThrough } from '../declared-through.ts'

/** What the release's own manifest says; its workloads are the chart's, and no manifest of Git. */
export function policyOfRelease({ merged, source }: DeclaredThrough): DeclaredPolicy {
  return declaredPolicyOfOwner(merged, source.layers)
}

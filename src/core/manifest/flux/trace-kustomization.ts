import { FairleadError } from '../../../errors.ts'
import type { KustomizationApplier } from '../applier.ts'
import { type BranchTrace, type TraceQuery, trace } from '../trace.ts'

/** Finds what decides a container's image that a Flux Kustomization, or a mere folder, applies. Refusals as in `trace`. */
export function traceKustomization(applier: KustomizationApplier, query: TraceQuery): BranchTrace {
  const { branch, path } = applier.folder
  if (applier.alters.length > 0) {
    const evidence = applier.alters.map((field) => `Kustomization ${applier.namespace}/${applier.name} ${field}`)
    throw new FairleadError('Masked', `Kustomization ${applier.namespace}/${applier.name} changes manifests itself.`, {
      evidence,
    })
  }
  const { targetNamespace } = applier
  const asked = targetNamespace === undefined ? query : { ...query, targetNamespace }
  return { ...trace(branch.snapshot, path, asked), branch }
}

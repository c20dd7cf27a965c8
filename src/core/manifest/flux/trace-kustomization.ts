import { isSameBranch, type KustomizationApplier } from '../applier.ts'
import { declaredAsBuilt } from '../declared-through.ts'
import { refuseBuiltBeside, refuseShared } from '../kustomize/shared-base.ts'
import { type BranchTrace, type TraceQuery, traceWithin } from '../trace.ts'
import { kustomizationBuild } from './kustomization-build.ts'

/**
 * Finds what decides a container's image that a Flux Kustomization, or a mere folder, applies: a scalar in the folder and
 * what that includes, or one in the file that declares the Kustomization (`spec.images`, `spec.patches`, a variable).
 * Refusals as in `trace` and `kustomizationBuild`.
 */
export function traceKustomization(applier: KustomizationApplier, query: TraceQuery): BranchTrace {
  const { branch } = applier.folder
  const { build, variables, declared } = kustomizationBuild(applier, declaredAsBuilt)
  const targetNamespace = query.targetNamespace ?? applier.targetNamespace
  const scope = { snapshot: branch.snapshot, build, variables, targetNamespace }
  const { slotBranch, ...traced } = traceWithin(scope, query)
  if (slotBranch === undefined) {
    refuseBuiltBeside(branch.snapshot, traced.file, { beside: applier.beside, roots: query.roots })
    return { ...traced, branch }
  }
  if (declared !== undefined && isSameBranch(declared.branch, slotBranch)) {
    refuseShared(slotBranch.snapshot, declared.build, { file: traced.file, roots: query.roots ?? [] })
  }
  return { ...traced, ...labelsBeside(traced, isSameBranch(branch, slotBranch)), branch: slotBranch }
}

/** A label in another branch than the slot cannot follow in the same commit. */
function labelsBeside(
  { versionLabels, versionLabelStale }: BranchTraceLabels,
  isBeside: boolean,
): Partial<BranchTraceLabels> {
  const [label] = versionLabels
  if (isBeside || label === undefined) return {}
  const stale = `${label.file}:${label.line} stays ${label.value}: it lies in another branch than the image`
  return { versionLabels: [], versionLabelStale: versionLabelStale ?? stale }
}

type BranchTraceLabels = Pick<BranchTrace, 'versionLabels' | 'versionLabelStale'>

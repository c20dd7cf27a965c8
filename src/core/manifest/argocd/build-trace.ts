import { type GitBranch, isSameBranch } from '../applier.ts'
import type { Build } from '../kustomize/build.ts'
import { type BranchTrace, type TraceQuery, traceWithin } from '../trace.ts'

/** A trace in what is built from a folder of a branch. A label in another branch cannot follow in the same commit. */
export function traceBuild(branch: GitBranch, build: Build, query: TraceQuery): BranchTrace {
  const { slotBranch, ...traced } = traceWithin({ snapshot: branch.snapshot, build }, query)
  const [label] = traced.versionLabels
  if (slotBranch === undefined || isSameBranch(slotBranch, branch) || label === undefined) {
    return { ...traced, branch: slotBranch ?? branch }
  }
  const stale = `${label.file}:${label.line} stays ${label.value}: it lies in another branch than the image`
  return { ...traced, branch: slotBranch, versionLabels: [], versionLabelStale: stale }
}

import { type Applier, type GitBranch, isSameBranch } from './applier.ts'
import { traceApplication } from './argocd/trace-application.ts'
import { planChart, traceChart } from './chart/trace.ts'
import { declaredThrough } from './declared-through.ts'
import { traceKustomization } from './flux/trace-kustomization.ts'
import { inSpelling } from './helm/image-reading.ts'
import { traceHelmRelease } from './helm/trace-release.ts'
import type { FileEdit, Snapshot } from './snapshot.ts'
import { type BranchTrace, planEdits, type TraceQuery } from './trace.ts'

/** Where the image of a container is decided, and through what it was traced. */
export interface AppliedTrace extends BranchTrace {
  applier: Applier
}

/**
 * Finds the place that decides a container's image, or the version of a chart, through what applies it to the cluster. The slot may lie in a manifest,
 * in what is laid over it, or where the applier itself is declared. Refusals as in `trace`.
 */
export function traceThrough(applier: Applier, query: TraceQuery): AppliedTrace {
  return { ...traceApplier(applier, query), applier }
}

function traceApplier(applier: Applier, query: TraceQuery): BranchTrace {
  if (query.chart === true) return traceChart(applier, query)
  switch (applier.kind) {
    case 'Kustomization':
      return traceKustomization(applier, query)
    case 'HelmRelease':
      return traceHelmRelease(applier, query)
    case 'Application':
      return traceApplication(applier, query, declaredThrough)
  }
}

/**
 * The change of files in `traced.branch` that makes the slot deploy `to`; empty when Git says so already. The refusals of
 * `planBump`. Everything is traced again with the edited files wherever that branch takes part.
 */
export function planThrough(traced: AppliedTrace, to: string): FileEdit[] {
  const { branch, applier, image } = traced
  if (traced.chart !== undefined) return planChart(traced, to, (edited) => traceAgain(traced, edited))
  // Values name an image as their chart puts it together: the same repository keeps that name.
  const wanted = applier.kind === 'Kustomization' ? to : inSpelling(to, image)
  return planEdits(branch.snapshot, traced, wanted, (edited) => traceAgain(traced, edited))
}

/**
 * The image by which rules match a container: as Git decides it, in the spelling that runs. What only the live object runs
 * is nobody's permission.
 */
export function matchedImage(decided: string, live: string): string {
  return inSpelling(decided, live)
}

/** What was traced, as another snapshot of its branch has it. */
export function traceAgain(traced: AppliedTrace, snapshot: Snapshot): AppliedTrace {
  const { applier, branch, query, file, keyPath } = traced
  return traceThrough(withBranchSnapshot(applier, branch, snapshot), { ...query, decidedAt: { file, keyPath } })
}

/**
 * The applier with another snapshot of a branch, wherever that branch takes part. The cluster may not run yet what such a
 * snapshot says, so nobody counts as settled.
 */
export function withBranchSnapshot<T extends Applier>(applier: T, branch: GitBranch, snapshot: Snapshot): T {
  const renewed = (one: GitBranch) => (isSameBranch(one, branch) ? { ...one, snapshot } : one)
  const declaredBy =
    applier.declaredBy === undefined ? {} : { declaredBy: withBranchSnapshot(applier.declaredBy, branch, snapshot) }
  switch (applier.kind) {
    case 'Kustomization':
      return { ...applier, ...declaredBy, folder: { ...applier.folder, branch: renewed(applier.folder.branch) } }
    case 'HelmRelease': {
      const { chart } = applier
      return {
        ...applier,
        ...declaredBy,
        chart: chart && { ...chart, branch: renewed(chart.branch) },
        isSettled: false,
      }
    }
    case 'Application':
      return {
        ...applier,
        ...declaredBy,
        sources: applier.sources.map((one) => one && renewed(one)),
        isSettled: false,
      }
  }
}

import type { Applier } from '../core/manifest/applier.ts'
import { applicationInFolder, applicationPointedAt } from '../core/manifest/argocd/application-in-folder.ts'
import { declaredThrough } from '../core/manifest/declared-through.ts'
import { offlineApplier } from '../core/manifest/flux/offline-applier.ts'
import { releaseInFolder } from '../core/manifest/helm/release-in-folder.ts'
import type { Snapshot } from '../core/manifest/snapshot.ts'
import type { TraceQuery } from '../core/manifest/trace.ts'

/**
 * What applies the object in question, as far as a folder tells: an engine that is pointed at the root, and below it the
 * object itself where it deploys others. `isPresent`: the query's image is the one that runs now.
 */
export function folderApplier(snapshot: Snapshot, root: string, query: TraceQuery, isPresent: boolean): Applier {
  const folder = offlineApplier(snapshot, root)
  if (query.kind === 'HelmRelease') return releaseInFolder(folder, query, isPresent)
  if (query.kind === 'Application') return applicationInFolder(folder, query, isPresent, declaredThrough)
  return applicationPointedAt(folder, isPresent, declaredThrough) ?? folder
}

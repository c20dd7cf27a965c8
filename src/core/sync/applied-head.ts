import type { KubernetesObject } from '../../api/kubernetes.ts'
import { text } from '../workload/field.ts'
import { argoRevisions } from './argo-evidence.ts'
import { fluxCommit } from './flux-revision.ts'

/** Does an engine's object say that it has applied this very commit (Flux), or compares with it (Argo CD)? */
export function hasApplied(object: KubernetesObject, commit: string): boolean {
  if (object.kind === 'Application') return argoRevisions([object]).includes(commit)
  const applied = ['lastAppliedRevision', 'lastAppliedOriginRevision'].map((key) =>
    fluxCommit(text(object.status, key)),
  )
  return applied.includes(commit)
}

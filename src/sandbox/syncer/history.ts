import { type Fields, isFields, listAt, numberAt, textAt } from '../json.ts'
import { formatDuration } from './duration.ts'

/** A run that ended, for the Kustomization's history. */
export interface Reconciled {
  digest: string
  revision: string
  reason: string
  startedAt: Date
}

/** At most five entries, newest first, one per digest and outcome. */
export function nextHistory(object: Fields, run: Reconciled): Fields[] {
  const old = listAt(object, 'status', 'history').filter(isFields)
  const same = old.find((one) => one['digest'] === run.digest && one['lastReconciledStatus'] === run.reason)
  const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z')
  const entry = {
    digest: run.digest,
    firstReconciled: textAt(same, 'firstReconciled') || now,
    lastReconciled: now,
    lastReconciledDuration: formatDuration(Date.now() - run.startedAt.getTime()),
    lastReconciledStatus: run.reason,
    totalReconciliations: (numberAt(same, 'totalReconciliations') ?? 0) + 1,
    metadata: { revision: run.revision },
  }
  return [entry, ...old.filter((one) => one !== same)].slice(0, 5)
}

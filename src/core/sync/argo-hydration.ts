import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, text } from '../workload/field.ts'

/** How far the hydrator of an Application is: it renders dry commits onto a branch of its own, which is applied. */
export interface Hydration {
  current: { phase: string; dry: string | undefined; message: string } | undefined
  /** The newest commit that was rendered, and the commit that this became. */
  last: { dry: string | undefined; hydrated: string | undefined } | undefined
  /** Where renderings wait to be merged by people, when that is another branch than the one that is applied. */
  stagingBranch: string | undefined
}

/** Undefined for an Application without a hydrator; Argo CD 3.2 writes an empty status for it there, too. */
export function readHydration({ spec, status }: KubernetesObject): Hydration | undefined {
  const hydrator = field(spec, 'sourceHydrator')
  const state = field(status, 'sourceHydrator')
  const current = field(state, 'currentOperation')
  const last = field(state, 'lastSuccessfulOperation')
  if (hydrator === undefined && current === undefined && last === undefined) return undefined
  const staging = text(field(hydrator, 'hydrateTo'), 'targetBranch')
  const applied = text(field(hydrator, 'syncSource'), 'targetBranch')
  return {
    current: current === undefined ? undefined : readCurrent(current),
    last: last === undefined ? undefined : { dry: text(last, 'drySHA'), hydrated: text(last, 'hydratedSHA') },
    stagingBranch: staging === applied ? undefined : staging,
  }
}

function readCurrent(operation: unknown): NonNullable<Hydration['current']> {
  const message = (text(operation, 'message') ?? '').slice(0, 1024)
  return { phase: text(operation, 'phase') ?? '', dry: text(operation, 'drySHA'), message }
}

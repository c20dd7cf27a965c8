import type { ObjectKey } from '../../api/kubernetes.ts'
import type { Action } from './identity.ts'
import { inertLine } from './inert.ts'
import { renderTrailers } from './message.ts'

/** What came of holding a workload or of releasing it. */
export interface HoldReport extends ObjectKey {
  action: Extract<Action, 'hold' | 'release'>
  /** `proposed`: a pull request waits to be merged. `unchanged`: there was nothing to do. */
  result: 'committed' | 'proposed' | 'unchanged'
  /** In words. */
  message: string
  /** Normalised URL of the repository that has its manifest. */
  repository: string
  branch: string
  /** The manifest. */
  file: string
  /** On the branch, as read back from the remote. */
  commit?: string
  pullRequest?: { number: number; url: string }
  /** Versions that had been put back and may be chosen again. */
  released?: readonly string[]
}

/** What a commit says that holds or releases. */
export interface HoldWords {
  /** `Fairlead-Id`. */
  id: string
  action: HoldReport['action']
  workload: ObjectKey
  cluster: string
  /** As the person wrote it. */
  reason: string
  /** User name from the review. */
  by: string
}

/** Subject of the commit and title of the pull request. */
export function renderHoldTitle({ action, workload }: Pick<HoldWords, 'action' | 'workload'>): string {
  const { kind, namespace, name } = workload
  return inertLine(`${action === 'hold' ? 'Hold' : 'Release'} ${kind} ${namespace}/${name}`)
}

/** The commit message: who wants it and why, then the trailers by which a release is found again. */
export function renderHoldMessage(words: HoldWords): string {
  const { id, action, workload, cluster, reason, by } = words
  const { kind, namespace, name } = workload
  const facts = { from: '', to: '', policy: '', reason, workloads: [`${kind}/${namespace}/${name}`] }
  const asked = [inertLine(reason, maxReason), `Asked for by ${inertLine(by)}.`].filter((line) => line !== '')
  return `${renderHoldTitle(words)}\n\n${asked.join('\n\n')}\n\n${renderTrailers({ id, action, cluster, ...facts })}\n`
}

/** As long as the API takes it, and some to make it inert. */
const maxReason = 300

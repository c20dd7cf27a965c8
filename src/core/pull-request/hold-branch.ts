import { createHash } from 'node:crypto'
import type { ObjectKey } from '../../api/kubernetes.ts'
import { proposalBranch } from './group.ts'

/** No branch of a group has a dot in its name. */
const mark = 'hold.'

/** What a branch is for that holds or releases a workload. */
export interface HoldBranchFacts {
  action: 'hold' | 'release'
  workload: ObjectKey
  cluster: string
  /** Normalised URL. */
  repository: string
  base: string
}

/** The one branch of our own for holding this workload, or for releasing it. */
export function holdBranch(prefix: string, { action, workload, cluster, repository, base }: HoldBranchFacts): string {
  const { kind, namespace, name } = workload
  const parts = [cluster, repository, base, action, kind, namespace, name]
  const id = createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)
  return proposalBranch(`${prefix}${mark}`, { id, name: `${action}-${namespace}-${name}` })
}

/** Is it for a hold or a release? Then it holds no request, and people alone decide about it. */
export function isHoldBranch(prefix: string, branch: string): boolean {
  return branch.startsWith(`${prefix}${mark}`)
}

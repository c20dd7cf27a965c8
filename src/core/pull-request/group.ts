import { createHash } from 'node:crypto'
import type { UpdateRequest } from '../../api/update-request.ts'
import { slotOf } from '../change/claim.ts'
import type { Grouping } from './rules.ts'

/** Requests whose changes stand in one proposal. */
export interface Group {
  /** 16 hex: what is in it, in which repository, on which branch, for which cluster. */
  id: string
  /** For people and for the name of its branch: namespace and workload, or namespace, or `all`. */
  name: string
}

/**
 * The group of a request: its slot, everything of its namespace, or everything of the repository. Requests of another
 * namespace never share the group of a slot, for they have no say in it, and two clusters that write to one repository
 * never share a branch.
 */
export function groupOf(request: UpdateRequest, grouping: Grouping, cluster: string): Group {
  const { change, targets } = request.spec
  const { namespace = '' } = request.metadata
  const common = [cluster, change.repository, change.branch]
  if (grouping === 'repository') return group([...common, 'repository'], 'all')
  if (grouping === 'namespace') return group([...common, 'namespace', namespace], `${namespace}-all`)
  return group([...common, 'slot', namespace, slotOf(request)], `${namespace}-${targets[0]?.name ?? ''}`)
}

function group(parts: readonly string[], name: string): Group {
  const id = createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16)
  return { id, name }
}

/** Hosts show 250 commits of a proposal, and what they do not show nobody can check. */
export const mostChanges = 200

/** Requests of a group that do not find room in its proposal: the youngest. */
export function withoutRoom(requests: readonly UpdateRequest[]): readonly UpdateRequest[] {
  if (requests.length <= mostChanges) return []
  const ageOf = ({ metadata: { creationTimestamp = '', namespace = '', name } }: UpdateRequest) =>
    `${creationTimestamp} ${namespace}/${name}`
  return [...requests].sort((a, b) => (ageOf(a) < ageOf(b) ? -1 : 1)).slice(mostChanges)
}

/** Host and web pages cut longer names. */
const maxBranchLength = 100

/**
 * `<prefix><name>-<8 hex>`: a name that Git takes, at most 100 characters after a prefix of at most 50, with no slash after
 * the prefix, because `a/b` and `a/b/c` cannot both be branches.
 */
export function proposalBranch(prefix: string, { id, name }: Group): string {
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, maxBranchLength - prefix.length - 9)
    .replace(/-$/, '')
  return words === '' ? `${prefix}${id.slice(0, 8)}` : `${prefix}${words}-${id.slice(0, 8)}`
}

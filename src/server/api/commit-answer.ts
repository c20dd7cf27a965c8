import { objectKey, workloadResources } from '../../api/kubernetes.ts'
import { reportCommit } from '../../core/change/commit-report.ts'
import { isObjectId } from '../../core/change/object-id.ts'
import { standingOf } from '../../core/change/workload-report.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { FairleadError } from '../../errors.ts'
import { json, problem, type ServerAnswer } from '../router.ts'
import type { ApiBackend } from './backend.ts'
import type { Call } from './caller.ts'
import { missingWorkload, unavailable } from './failure.ts'

/** Shorter ones would mean several commits soon. */
const prefixLength = 7

/**
 * How far a commit has come: everywhere, in a namespace, or in one workload of it. What is not a whole id is completed
 * from the commits that are known.
 */
export async function readCommit({ request, denied }: Call, backend: ApiBackend): Promise<ServerAnswer> {
  const { query, params } = request
  const asked = readQuestion(params['commit'] ?? '', query)
  const refusal = await denied('read', [asked.namespace ?? ''])
  if (refusal !== undefined) return refusal
  const [all, requests] = [backend.workloads(), backend.list()]
  if (all === undefined || requests === undefined)
    return unavailable('NotSynced', 'the first lists are not complete yet')
  const { namespace, kind, name } = asked
  const workloads = [...all].filter(
    (one) =>
      (namespace === undefined || one.namespace === namespace) &&
      (name === undefined || (one.name === name && one.kind === kind)),
  )
  if (name !== undefined && kind !== undefined && namespace !== undefined && workloads.length === 0) {
    return missingWorkload({ kind, namespace, name })
  }
  const commit = isObjectId(asked.commit) ? asked.commit : await complete(asked.commit, workloads, backend)
  if (commit === undefined) {
    return problem(404, 'NotFound', `no commit is known that begins with ${asked.commit}; give all 40 digits of it`)
  }
  const ways = await backend.commitWays(commit, workloads)
  const facts = workloads.flatMap((workload, index) => {
    const key = objectKey(workload)
    const way = ways[index]
    return way === undefined ? [] : [{ workload: key, way, rollout: standingOf(workload, backend.rollout(key)) }]
  })
  return json(200, reportCommit(commit, facts, name !== undefined))
}

interface Asked {
  /** Lower-case hex digits, 7 to 40. */
  commit: string
  namespace: string | undefined
  kind: string | undefined
  name: string | undefined
}

function readQuestion(text: string, query: URLSearchParams): Asked {
  const commit = text.toLowerCase()
  const [namespace, kind, name] = ['namespace', 'kind', 'name'].map((key) => query.get(key) || undefined)
  if (!/^[0-9a-f]+$/.test(commit) || commit.length < prefixLength || commit.length > 40) {
    throw new FairleadError('UsageInvalid', `commit: ${prefixLength} to 40 hex digits of it`)
  }
  if ((kind === undefined) !== (name === undefined) || (kind !== undefined && namespace === undefined)) {
    throw new FairleadError('UsageInvalid', 'kind and name belong together, and to a namespace')
  }
  const kinds = workloadResources.map((one) => one.kind)
  if (kind !== undefined && !kinds.some((one) => one === kind)) {
    throw new FairleadError('UsageInvalid', `kind: one of ${kinds.join(', ')}, for only these roll out`)
  }
  return { commit, namespace, kind, name }
}

/** `UsageInvalid` when several begin so. */
async function complete(
  prefix: string,
  workloads: readonly Workload[],
  backend: ApiBackend,
): Promise<string | undefined> {
  const own = workloads.flatMap((one) => backend.requestsOf(objectKey(one)).map(({ status }) => status?.commit ?? ''))
  const known = new Set([...own.filter((one) => one.startsWith(prefix)), ...(await backend.commits(prefix, workloads))])
  const [first, ...others] = [...known].sort()
  if (others.length === 0) return first
  const some = [first, ...others].slice(0, 5).map((one) => one?.slice(0, 12))
  throw new FairleadError(
    'UsageInvalid',
    `${prefix} begins ${known.size} commits (${some.join(', ')}); give more digits`,
  )
}

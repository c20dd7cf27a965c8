import { objectKey, workloadResources } from '../../api/kubernetes.ts'
import { carriesImage } from '../../core/change/carried-image.ts'
import { reportWorkload, standingOf, type WorkloadReport } from '../../core/change/workload-report.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { FairleadError } from '../../errors.ts'
import type { ApiBackend } from './backend.ts'
import { type Page, pageOf } from './page.ts'

/** What the backend knows about workloads. */
export type WorkloadSource = Pick<ApiBackend, 'rollout' | 'requestsOf'>

const phases: readonly WorkloadReport['phase'][] = ['rolling_out', 'success', 'failed', 'unknown']

/** One page of the workloads that fit, ordered by namespace, name and kind. `UsageInvalid` for a malformed query. */
export function workloadPage(
  all: Iterable<Workload>,
  query: URLSearchParams,
  { rollout, requestsOf }: WorkloadSource,
): Page<WorkloadReport> {
  const fits = filterOf(query)
  const fitting = [...all].filter((one) => fits(one, () => standingOf(one, rollout(objectKey(one))).phase))
  const page = pageOf(fitting, query, { keyOf: ({ kind, namespace, name }) => `${namespace} ${name} ${kind}` })
  const report = (workload: Workload) => {
    const key = objectKey(workload)
    return reportWorkload({ workload, state: rollout(key), requests: requestsOf(key) })
  }
  return { ...page, items: page.items.map(report) }
}

function filterOf(query: URLSearchParams) {
  const [namespace, name, image] = ['namespace', 'name', 'image'].map((key) => query.get(key))
  const kind = readOneOf('kind', query, [...workloadResources.map((one) => one.kind), 'HelmRelease', 'Application'])
  const phase = readOneOf('phase', query, phases)
  return (workload: Workload, phaseOf: () => string): boolean =>
    (namespace === null || workload.namespace === namespace) &&
    (name === null || workload.name === name) &&
    (kind === null || workload.kind === kind) &&
    (typeof image !== 'string' || workload.containers.some((one) => carriesImage(one.image, { to: image }))) &&
    (phase === null || phaseOf() === phase)
}

function readOneOf(key: string, query: URLSearchParams, known: readonly string[]): string | null {
  const text = query.get(key)
  if (text === null || known.includes(text)) return text
  throw new FairleadError('UsageInvalid', `${key}: one of ${known.join(', ')}`)
}

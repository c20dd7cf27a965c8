import { type UpdateRequest, updateRequestPhases } from '../../api/update-request.ts'
import { FairleadError } from '../../errors.ts'
import { type Page, pageOf } from './page.ts'

/** An UpdateRequest as the API shows it: without what only machines of Kubernetes need. */
export function viewOf({ apiVersion, kind, metadata, spec, status }: UpdateRequest) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion, creationTimestamp }, spec, status }
}

/** One page of the requests that fit, ordered by namespace and name. `UsageInvalid` for a malformed query. */
export function updatePage(all: Iterable<UpdateRequest>, query: URLSearchParams): Page<ReturnType<typeof viewOf>> {
  const namespace = query.get('namespace')
  const phase = readPhase(query.get('phase'))
  const fitting = [...all]
    .filter(({ metadata }) => namespace === null || metadata.namespace === namespace)
    .filter(({ status }) => phase === null || (status?.phase ?? 'Pending') === phase)
  const page = pageOf(fitting, query, { keyOf })
  return { ...page, items: page.items.map(viewOf) }
}

/** A blank sorts before everything that names may hold. */
function keyOf({ metadata }: UpdateRequest): string {
  return `${metadata.namespace ?? ''} ${metadata.name}`
}

function readPhase(text: string | null): string | null {
  if (text === null || updateRequestPhases.some((phase) => phase === text)) return text
  throw new FairleadError('UsageInvalid', `phase: one of ${updateRequestPhases.join(', ')}`)
}

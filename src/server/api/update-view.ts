import { type UpdateRequest, updateRequestPhases } from '../../api/update-request.ts'
import { FairleadError } from '../../errors.ts'

/** An UpdateRequest as the API shows it: without what only machines of Kubernetes need. */
export function viewOf({ apiVersion, kind, metadata, spec, status }: UpdateRequest) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion, creationTimestamp }, spec, status }
}

const defaultLimit = 100
const maxLimit = 500

/** One page of the requests that fit, ordered by namespace and name. `UsageInvalid` for a malformed query. */
export function pageOf(all: Iterable<UpdateRequest>, query: URLSearchParams) {
  const limit = readLimit(query.get('limit'))
  const after = readContinue(query.get('continue'))
  const namespace = query.get('namespace')
  const phase = readPhase(query.get('phase'))
  const fitting = [...all]
    .filter(({ metadata }) => namespace === null || metadata.namespace === namespace)
    .filter(({ status }) => phase === null || (status?.phase ?? 'Pending') === phase)
    .map((request) => ({ key: keyOf(request), request }))
    .filter(({ key }) => after === undefined || key > after)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const page = fitting.slice(0, limit)
  const last = fitting.length > limit ? page.at(-1) : undefined
  return {
    items: page.map(({ request }) => viewOf(request)),
    ...(last === undefined ? {} : { continue: Buffer.from(last.key).toString('base64url') }),
  }
}

/** A blank sorts before everything that names may hold. */
function keyOf({ metadata }: UpdateRequest): string {
  return `${metadata.namespace ?? ''} ${metadata.name}`
}

function readLimit(text: string | null): number {
  if (text === null) return defaultLimit
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1) throw new FairleadError('UsageInvalid', `limit: a number from 1 to ${maxLimit}`)
  return Math.min(limit, maxLimit)
}

function readPhase(text: string | null): string | null {
  if (text === null || updateRequestPhases.some((phase) => phase === text)) return text
  throw new FairleadError('UsageInvalid', `phase: one of ${updateRequestPhases.join(', ')}`)
}

function readContinue(text: string | null): string | undefined {
  if (text === null || text === '') return undefined
  const key = Buffer.from(text, 'base64url').toString('utf8')
  if (/^[a-z0-9.-]* [a-z0-9.-]+$/.test(key)) return key
  throw new FairleadError('UsageInvalid', 'continue: send what the page before gave')
}

import type { Attributes } from './access.ts'
import type { Kind } from './kind.ts'

/** A request for stored objects, taken from its URL. */
export interface ResourceRequest {
  group: string
  version: string
  plural: string
  /** Empty for all namespaces and for cluster-wide kinds. */
  namespace: string
  /** Empty for a collection. */
  name: string
  subresource: string
  verb: string
}

/** Undefined when the path is no resource path, e.g. a discovery page. */
export function parseResourceRequest(method: string, url: URL): ResourceRequest | undefined {
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)
  const core = parts[0] === 'api'
  const [group = '', version = ''] = core ? ['', parts[1]] : parts.slice(1, 3)
  const rest = parts.slice(core ? 2 : 3)
  if ((!core && parts[0] !== 'apis') || rest.length === 0) return undefined
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && !namespaceSubresources.has(rest[2] ?? '')
  const [plural = '', name = '', subresource = ''] = inNamespace ? rest.slice(2) : rest
  const namespace = inNamespace ? (rest[1] ?? '') : ''
  return { group, version, plural, namespace, name, subresource, verb: verbOf(method, name, url.searchParams) }
}

const namespaceSubresources = new Set(['status', 'finalize'])

function verbOf(method: string, name: string, query: URLSearchParams): string {
  const watching = query.get('watch') === 'true' || query.get('watch') === '1'
  switch (method) {
    case 'GET':
      return watching ? 'watch' : name === '' ? 'list' : 'get'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete'
    default:
      return method.toLowerCase()
  }
}

/** What the authoriser is asked about this request. A Namespace object counts as inside itself. */
export function attributesOf(request: ResourceRequest): Attributes {
  const { verb, group, plural, subresource, name } = request
  const namespace = plural === 'namespaces' && group === '' ? name : request.namespace
  return { verb, group, resource: plural, subresource, namespace, name }
}

/** The API server's sentence for a refusal. */
export function forbiddenMessage(request: ResourceRequest, user: string): string {
  const { verb, group, plural, name, namespace, subresource } = request
  const resource = subresource === '' ? plural : `${plural}/${subresource}`
  const subject = `${group === '' ? plural : `${plural}.${group}`}${name === '' ? '' : ` "${name}"`}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  return `${subject} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`
}

/** Cluster-wide kinds ignore a namespace, and namespaced ones need one for anything but reading collections. */
export function namespaceOf(request: ResourceRequest, kind: Kind): string {
  return kind.namespaced ? request.namespace : ''
}

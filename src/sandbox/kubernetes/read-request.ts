import { valueAt } from '../json.ts'
import type { Exchange } from '../loopback.ts'
import type { Kind } from './kind.ts'
import type { Lister } from './list.ts'
import type { Objects } from './objects.ts'
import type { Reply } from './reply.ts'
import { namespaceOf, type ResourceRequest } from './request.ts'
import { type Predicate, parseFieldSelector, parseLabelSelector } from './selector.ts'
import type { Store } from './store.ts'
import type { WatchHub } from './watch.ts'

export interface ReadParts {
  objects: Objects
  store: Store
  lister: Lister
  watches: WatchHub
}

/** Answers get, list and watch. A watch answers by itself and gives undefined. */
export function answerRead(
  { response, request: { headers }, url }: Exchange,
  request: ResourceRequest,
  kind: Kind,
  { objects, store, lister, watches }: ReadParts,
): Reply | undefined {
  const namespace = namespaceOf(request, kind)
  if (request.verb === 'get') return { status: 200, body: objects.get(kind, namespace, request.name) }
  const selects = selectorOf(url.searchParams, namespace, request.name)
  if (request.verb === 'watch') {
    watches.open(response, { kind, selects, query: url.searchParams })
    return undefined
  }
  const matching = objects.list(kind).filter(selects)
  const list = lister.list(kind, matching, url.searchParams, store.revision())
  return { status: 200, body: asPartial(list, headers.accept ?? '') }
}

/** What a collection request selects: namespace, one name, labels and fields. */
export function selectorOf(query: URLSearchParams, namespace: string, name: string): Predicate {
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '')
  const byField = parseFieldSelector(query.get('fieldSelector') ?? '')
  return (object) =>
    (namespace === '' || object.metadata.namespace === namespace) &&
    (name === '' || object.metadata.name === name) &&
    byLabel(object) &&
    byField(object)
}

/** Metadata only, for clients that ask for `as=PartialObjectMetadataList`. */
function asPartial(list: unknown, accept: string): unknown {
  if (!accept.includes('as=PartialObjectMetadataList')) return list
  const apiVersion = 'meta.k8s.io/v1'
  const items = valueAt(list, 'items')
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion,
    metadata: valueAt(list, 'metadata'),
    items: Array.isArray(items)
      ? items.map((one) => ({ kind: 'PartialObjectMetadata', apiVersion, metadata: valueAt(one, 'metadata') }))
      : [],
  }
}

import { expired, resourceVersionTooLarge } from './api-failure.ts'
import { apiVersionOf, type Kind } from './kind.ts'
import type { ApiObject } from './object.ts'

/** Pages through lists; every page of one list shows the same moment. */
export interface Lister {
  list(kind: Kind, objects: readonly ApiObject[], query: URLSearchParams, revision: number): unknown
  /** Every continue token handed out so far is refused with 410 from now on. */
  expireContinues(): void
}

interface Remainder {
  objects: readonly ApiObject[]
  revision: number
}

/** More open lists than these push out the oldest. */
const openLists = 32

export function createLister(): Lister {
  const remainders = new Map<string, Remainder>()
  let issued = 0

  function keep(remainder: Remainder): string {
    issued += 1
    const token = Buffer.from(`list-${issued}`).toString('base64url')
    remainders.set(token, remainder)
    const [oldest] = remainders.keys()
    if (remainders.size > openLists && oldest !== undefined) remainders.delete(oldest)
    return token
  }

  return {
    list(kind, objects, query, revision) {
      const asked = Number(query.get('resourceVersion') ?? 0)
      if (asked > revision) throw resourceVersionTooLarge(asked, revision)
      if (query.get('resourceVersionMatch') === 'Exact' && asked !== revision) {
        throw expired('The provided resource version is too old to display a consistent list result.')
      }
      const token = query.get('continue') ?? ''
      const from = token === '' ? { objects, revision } : remainders.get(token)
      if (from === undefined)
        throw expired('The provided continue parameter is too old to display a consistent list result.')
      const limit = Number(query.get('limit') ?? 0)
      const page = limit > 0 ? from.objects.slice(0, limit) : from.objects
      const rest = from.objects.slice(page.length)
      const more =
        rest.length === 0
          ? {}
          : { continue: keep({ objects: rest, revision: from.revision }), remainingItemCount: rest.length }
      return {
        kind: `${kind.kind}List`,
        apiVersion: apiVersionOf(kind),
        metadata: { resourceVersion: String(from.revision), ...more },
        items: kind.custom ? page : page.map(withoutType),
      }
    },
    expireContinues: () => remainders.clear(),
  }
}

/** In lists of built-in kinds the entries carry neither `kind` nor `apiVersion`; those of custom kinds do. */
function withoutType(object: ApiObject): unknown {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

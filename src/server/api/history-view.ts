import type { UpdateRequest } from '../../api/update-request.ts'
import { isCredible } from '../../core/change/claim.ts'
import { isObjectId } from '../../core/change/object-id.ts'
import {
  type HistoryQuestion,
  historyEntry,
  historyKey,
  isAskedFor,
  type UpdateHistoryEntry,
} from '../../core/change/update-history.ts'
import { FairleadError } from '../../errors.ts'
import { type Page, pageOf } from './page.ts'

/** One page of the decisions that fit, the newest first. `UsageInvalid` for a malformed query. */
export function historyPage(all: Iterable<UpdateRequest>, query: URLSearchParams): Page<UpdateHistoryEntry> {
  const question = readQuestion(query)
  const fitting = [...all].filter(
    (one) => isAskedFor(one, question) && isCredible(one, question.namespace ?? one.metadata.namespace ?? ''),
  )
  const page = pageOf(fitting, query, { keyOf: historyKey, newestFirst: true })
  return { ...page, items: page.items.map((one) => historyEntry(one, question)) }
}

function readQuestion(query: URLSearchParams): HistoryQuestion {
  const [namespace, kind, name, commit, image] = ['namespace', 'kind', 'name', 'commit', 'image'].map(
    (key) => query.get(key) || undefined,
  )
  if ((kind === undefined) !== (name === undefined) || (kind !== undefined && namespace === undefined)) {
    throw new FairleadError('UsageInvalid', 'kind and name belong together, and to a namespace')
  }
  if (commit !== undefined && !isObjectId(commit)) {
    throw new FairleadError('UsageInvalid', 'commit: all 40 hex digits of it')
  }
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(kind === undefined ? {} : { workload: `${kind}/${namespace}/${name}` }),
    ...(commit === undefined ? {} : { commit }),
    ...(image === undefined ? {} : { image }),
  }
}

import { field, text } from '../../core/workload/field.ts'
import { FairleadError } from '../../errors.ts'
import { rest } from '../../runtime/cooperative.ts'
import { type ApiClient, broken } from './client.ts'
import type { Follower } from './follower.ts'
import { createItemScanner } from './item-scanner.ts'
import { parseTrimmed } from './managed-fields.ts'
import { actionOf, objectPath } from './path.ts'

/** A complete list, shaped. */
export interface Listed<T> {
  objects: Map<string, T>
  resourceVersion: string
}

/** More pages than a cluster can fill: a server that repeats itself. */
const maxPages = 20_000

/**
 * Lists all objects of one kind, `pageSize` at a time (0 = all in one answer), each shaped as soon as its last byte is
 * there. Rejects with `ApiExpired` when the continue token has run out, and when an answer is not a list with a
 * resourceVersion: an empty cache must never come from a proxy's error page.
 */
export async function listAll<T>(
  client: ApiClient,
  follower: Follower<T>,
  options: { pageSize: number; signal: AbortSignal },
): Promise<Listed<T>> {
  const objects = new Map<string, T>()
  let token = ''
  for (let page = 0; page < maxPages; page++) {
    const envelope = await readPage(client, follower, { ...options, token, objects })
    const metadata = field(envelope, 'metadata')
    const resourceVersion = text(metadata, 'resourceVersion') ?? ''
    if (!(text(envelope, 'kind') ?? '').endsWith('List') || resourceVersion === '') {
      throw new FairleadError(
        'ApiUnavailable',
        `answer to ${listAction(follower)} is not a list with a resourceVersion`,
      )
    }
    const next = text(metadata, 'continue') ?? ''
    if (next === '') return { objects, resourceVersion }
    if (next === token) break
    token = next
  }
  throw new FairleadError('ApiUnavailable', `API server repeats itself in answer to ${listAction(follower)}`)
}

async function readPage<T>(
  client: ApiClient,
  follower: Follower<T>,
  options: { pageSize: number; signal: AbortSignal; token: string; objects: Map<string, T> },
): Promise<unknown> {
  const { token, objects, signal, pageSize } = options
  const action = listAction(follower)
  const response = await client.stream(objectPath(follower.resource, { namespace: '', name: '' }), {
    action,
    query: {
      limit: pageSize === 0 ? undefined : pageSize,
      continue: token === '' ? undefined : token,
      labelSelector: follower.labelSelector,
    },
    signal,
    purpose: 'request',
    headTimeoutMs: 60_000,
  })
  // a server that falls silent in the middle of a page; no event of a list is that far from the next
  response.setTimeout(30_000, () => response.destroy(new Error('no more data for 30 s')))
  const scanner = createItemScanner((json) => {
    const read = follower.read(parseTrimmed(json))
    if (read !== undefined) objects.set(read.key, read.object)
  })
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      scanner.push(chunk)
      await rest()
    }
    return JSON.parse(scanner.end())
  } catch (cause) {
    throw cause instanceof FairleadError ? cause : broken(action, cause)
  }
}

function listAction<T>({ resource }: Follower<T>): string {
  return actionOf('list', resource, { namespace: '', name: '' })
}

import fs from 'node:fs'
import git from 'isomorphic-git'
import { parseCommit } from '../../../core/change/commit.ts'
import { FairleadError } from '../../../errors.ts'
import type { GitObject, Http } from '../../../ports.ts'
import { type Backend, type Chain, DamagedStore, type WalkAnswer } from '../backend.ts'
import { branchRef } from '../branch-name.ts'
import type { Authorization } from '../credential.ts'
import { writeLooseObject } from '../loose-object.ts'
import { maxSnapshotBytes, maxTextBytes, type ObjectCache, reach } from '../object-cache.ts'
import { listChanges } from './change-list.ts'
import { createExchange, createHttpPlugin } from './http.ts'
import { pushCommits } from './push.ts'
import { createStore, explainStore, type Store } from './store.ts'

/** Commits brought by each further deepening; Git's own word for everything comes last. */
const deepenSteps = [100, 2000, 2_147_483_647]
const walkLimit = 200_000
const chunkLength = 1024
const readsAtOnce = 32

export interface IsomorphicParts {
  /** Without credentials. */
  url: string
  gitDir: string
  http: Http
  authorization: Authorization
}

type Fetch = (branch: string, depth?: number) => Promise<string>

/** A Git repository in process, over HTTP(S); for images without a git binary. Whole packs are held in memory. */
export function createIsomorphicBackend({ url: address, gitDir, http, authorization }: IsomorphicParts): Backend {
  const url = address.replace(/\/+$/, '')
  const exchange = createExchange(http, url, authorization)
  const plugin = createHttpPlugin(exchange)
  const store = createStore(gitDir, url)
  let deepened = 0

  const fetchBranch: Fetch = async (branch, depth) => {
    await store.prepare()
    const ref = branchRef(branch)
    const isFirst = await store.isEmpty()
    const how = depth === undefined ? (isFirst ? { depth: 1 } : {}) : { depth, relative: depth < 2_147_483_647 }
    const target = { fs, http: plugin, gitdir: gitDir, url, remote: 'origin', ref, remoteRef: ref }
    const { fetchHead } = await git
      .fetch({ ...target, ...how, singleBranch: true, tags: false })
      .catch((error) => Promise.reject(explainFetch(error, { url, ref })))
    if (fetchHead === null) throw new FairleadError('BranchNotFound', `${url} has no ${ref}`)
    await store.setHead(ref, fetchHead)
    return fetchHead
  }

  return {
    name: 'isomorphic',
    async remoteHead(branch) {
      const ref = branchRef(branch)
      const refs = await git
        .listServerRefs({ http: plugin, url, prefix: ref, protocolVersion: 2 })
        .catch((error) => Promise.reject(explainFetch(error, { url, ref })))
      return refs.find((found) => found.ref === ref)?.oid
    },
    async remoteDefault() {
      const refs = await git
        .listServerRefs({ http: plugin, url, prefix: 'HEAD', symrefs: true, protocolVersion: 2 })
        .catch((error) => Promise.reject(explainFetch(error, { url, ref: 'HEAD' })))
      return refs.find((found) => found.ref === 'HEAD')?.target
    },
    fetch: (branch) => fetchBranch(branch),
    load: (commit, cache) => load(commit, cache, store),
    async readCommits(ids) {
      const memory = {}
      const found = new Map<string, Uint8Array>()
      for (const id of ids) found.set(id, (await readOrFail(id, store, memory)).bytes)
      return found
    },
    async write(objects) {
      await store.prepare()
      for (const object of objects) writeLooseObject(gitDir, object)
    },
    async push(order) {
      await store.prepare()
      const memory = {}
      const read = async (id: string) => fromCache(id, order.cache) ?? readOrFail(id, store, memory)
      await pushCommits(order, { url, exchange, read })
      await store.setHead(branchRef(order.branch), order.commit)
    },
    walk: (commit, revision) => walk({ commit, revision }, store),
    firstParents: (revision, limit) => listFirstParents({ revision, limit }, store),
    async changes(from, to) {
      const memory = {}
      const { ids } = await listFirstParents({ revision: to, limit: walkLimit, until: from }, store)
      return listChanges(ids, from, (id) => readOrFail(id, store, memory))
    },
    bring: async () => undefined,
    async readBlobs(ids) {
      const memory = {}
      const found = await readAll(ids, (id) => readOrFail(id, store, memory))
      return new Map(found.map(({ id, bytes }) => [id, bytes.length > maxTextBytes ? undefined : bytes]))
    },
    async deepen(branches) {
      const depth = deepenSteps[deepened]
      if (depth === undefined || branches.length === 0 || (await store.shallow()).size === 0) return false
      deepened += 1
      for (const branch of branches) await fetchBranch(branch, depth)
      return true
    },
    async discard() {
      deepened = 0
      await store.discard()
    },
  }
}

function explainFetch(error: unknown, { url, ref }: { url: string; ref: string }): unknown {
  if (error instanceof FairleadError || error instanceof DamagedStore) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'NotFoundError') return new FairleadError('BranchNotFound', `${url} has no ${ref}`, { cause: error })
  if (code === 'SmartHttpError' || code === 'RemoteCapabilityError') {
    const message = `${url} does not speak Git's smart HTTP protocol as it should; is the address right?`
    return new FairleadError('RepositoryNotFound', message, { cause: error })
  }
  if (/^E[A-Z]+$/.test(code) || code === 'InternalError') return explainStore(error)
  return new FairleadError('GitUnavailable', `${url} could not be fetched: ${code || 'unexpected answer'}`, {
    cause: error,
  })
}

function fromCache(id: string, cache: ObjectCache): GitObject | undefined {
  const commit = cache.commit(id)
  if (commit) return { type: 'commit', id, bytes: commit }
  const tree = cache.tree(id)
  if (tree) return { type: 'tree', id, bytes: tree.raw }
  const blob = cache.blob(id)
  return blob && { type: 'blob', id, bytes: blob }
}

async function readOrFail(id: string, store: Store, memory: object): Promise<GitObject> {
  const found = await store.read(id, memory)
  if (!found) throw new DamagedStore(`object ${id} is missing`)
  return found
}

/** Level by level: trees that are not in memory, then the files they name. */
async function load(commit: string, cache: ObjectCache, store: Store): Promise<void> {
  const memory = {}
  const { bytes } = await readOrFail(commit, store, memory)
  cache.put(commit, 'commit', bytes)
  const root = parseCommit(bytes)?.tree
  if (root === undefined) throw new DamagedStore(`commit ${commit} cannot be read`)
  const read = (ids: readonly string[]) => readAll(ids, (id) => readOrFail(id, store, memory))
  let found = reach(root, cache)
  while (found.missingTrees.length > 0) {
    for (const { id, bytes } of await read(found.missingTrees)) cache.put(id, 'tree', bytes)
    found = reach(root, cache)
  }
  let total = 0
  for (let at = 0; at < found.missingBlobs.length; at += chunkLength) {
    for (const { id, bytes: blob } of await read(found.missingBlobs.slice(at, at + chunkLength))) {
      cache.put(id, 'blob', blob.length > maxTextBytes ? undefined : blob)
      total += blob.length > maxTextBytes ? 0 : blob.length
    }
    if (total > maxSnapshotBytes) {
      const limit = maxSnapshotBytes / 1024 / 1024
      throw new FairleadError(
        'RepositoryTooLarge',
        `the YAML and JSON files of the branch are over ${limit} MiB together`,
      )
    }
  }
}

/** Several at once, because each read waits for the disk more than once. */
async function readAll(ids: readonly string[], read: (id: string) => Promise<GitObject>): Promise<GitObject[]> {
  const objects: GitObject[] = []
  for (let at = 0; at < ids.length; at += readsAtOnce) {
    objects.push(...(await Promise.all(ids.slice(at, at + readsAtOnce).map(read))))
  }
  return objects
}

/** Breadth first over all parents. A shallow commit with parents, or a parent that is not here, leaves it open. */
async function walk({ commit, revision }: { commit: string; revision: string }, store: Store): Promise<WalkAnswer> {
  const memory = {}
  const shallow = await store.shallow()
  const seen = new Set([revision])
  let isCut = false
  // A Set is iterated in order of insertion, including what is added meanwhile.
  for (const id of seen) {
    if (id === commit) return 'yes'
    if (seen.size > walkLimit) return 'cut'
    const parents = await readParents(id, store, memory)
    if (parents === undefined && id === revision) return 'absent'
    const isBoundary = parents === undefined || (shallow.has(id) && parents.length > 0)
    isCut ||= isBoundary
    for (const parent of isBoundary ? [] : parents) seen.add(parent)
  }
  return isCut ? 'cut' : 'no'
}

async function readParents(id: string, store: Store, memory: object): Promise<readonly string[] | undefined> {
  const object = await store.read(id, memory)
  if (object === undefined) return undefined
  if (object.type !== 'commit') throw new FairleadError('UsageInvalid', `${id} is not a commit`)
  return parseCommit(object.bytes)?.parents
}

async function listFirstParents(
  { revision, limit, until }: { revision: string; limit: number; until?: string },
  store: Store,
): Promise<Chain> {
  const memory = {}
  const shallow = await store.shallow()
  const ids: string[] = []
  let id: string | undefined = revision
  while (id !== undefined && id !== until && ids.length < limit) {
    const parents: readonly string[] | undefined = await readParents(id, store, memory)
    if (parents === undefined) return { ids, complete: false }
    ids.push(id)
    if (shallow.has(id) && parents.length > 0) return { ids, complete: false }
    id = parents[0]
  }
  return { ids, complete: id === undefined }
}

import type { Buffer } from 'node:buffer'
import { FairleadError } from '../../../errors.ts'
import { DamagedStore } from '../backend.ts'
import { isManifestName, maxSnapshotBytes, maxTextBytes, type ObjectCache } from '../object-cache.ts'
import type { GitRunner } from './runner.ts'

const localTimeoutMs = 60_000
const chunkBytes = 16 * 1024 * 1024

/** Header of one object in the store. */
export interface ObjectHeader {
  id: string
  type: string
  size: number
}

/** Ids of all trees and of the regular YAML and JSON files of a commit. One run, whatever the depth. */
export async function listObjects(run: GitRunner, commit: string): Promise<Set<string>> {
  const args = ['ls-tree', '-r', '-t', '-z', '--full-tree', '--end-of-options', commit]
  const { stdout } = await run({ args, timeoutMs: localTimeoutMs })
  const ids = new Set<string>()
  for (const line of stdout.toString('latin1').split('\0')) {
    const tab = line.indexOf('\t')
    if (tab < 0) continue
    const [mode = '', type, id = ''] = line.slice(0, tab).split(' ')
    if (type === 'tree' || (mode.startsWith('100') && isManifestName(line.slice(tab)))) ids.add(id)
  }
  return ids
}

/**
 * Ids below a commit that were left out of a blobless store. Only this command says so; reading a missing object is a
 * fatal error there.
 */
export async function listMissing(run: GitRunner, commit: string): Promise<Set<string>> {
  const how = ['--objects', '--no-object-names', '--missing=print', '--no-walk']
  const { stdout } = await run({ args: ['rev-list', ...how, '--end-of-options', commit], timeoutMs: localTimeoutMs })
  const lines = stdout.toString('latin1').split('\n')
  return new Set(lines.filter((line) => line.startsWith('?')).map((line) => line.slice(1)))
}

/** Headers of objects, in order; undefined for one that is not here. `<commit>^{tree}` names a commit's root tree. */
export async function readHeaders(run: GitRunner, names: readonly string[]): Promise<(ObjectHeader | undefined)[]> {
  if (names.length === 0) return []
  const input = `${names.join('\n')}\n`
  const { stdout } = await run({ args: ['cat-file', '--batch-check'], input, timeoutMs: localTimeoutMs })
  const lines = stdout.toString('latin1').split('\n')
  return names.map((_, index) => parseHeader(lines[index] ?? ''))
}

function parseHeader(line: string): ObjectHeader | undefined {
  const match = /^([0-9a-f]{40}) (blob|tree|commit|tag) (\d+)$/.exec(line)
  return match ? { id: match[1] ?? '', type: match[2] ?? '', size: Number(match[3]) } : undefined
}

/** Reads objects into the cache, in runs of at most 16 MiB. `RepositoryTooLarge` when they do not fit into memory. */
export async function readObjects(run: GitRunner, headers: readonly ObjectHeader[], cache: ObjectCache): Promise<void> {
  let total = 0
  let chunk: ObjectHeader[] = []
  let chunkSize = 0
  for (const header of headers) {
    if (header.type === 'blob' && header.size > maxTextBytes) {
      cache.put(header.id, 'blob', undefined)
      continue
    }
    total += header.size
    if (total > maxSnapshotBytes) {
      const limit = maxSnapshotBytes / 1024 / 1024
      throw new FairleadError(
        'RepositoryTooLarge',
        `the YAML and JSON files of the branch are over ${limit} MiB together`,
      )
    }
    if (chunkSize + header.size > chunkBytes) {
      await readChunk(run, chunk, cache)
      chunk = []
      chunkSize = 0
    }
    chunk.push(header)
    chunkSize += header.size
  }
  await readChunk(run, chunk, cache)
}

async function readChunk(run: GitRunner, headers: readonly ObjectHeader[], cache: ObjectCache): Promise<void> {
  const found = await readBatch(
    run,
    headers.map(({ id }) => id),
  )
  for (const { id, type } of headers) cache.put(id, type, found.get(id))
}

/** Contents of objects that are here, by id. `DamagedStore` when one is not. */
export async function readBatch(run: GitRunner, ids: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  if (ids.length === 0) return found
  const input = `${ids.join('\n')}\n`
  const { stdout } = await run({ args: ['cat-file', '--batch'], input, timeoutMs: localTimeoutMs })
  let at = 0
  for (const id of ids) {
    const end = stdout.indexOf(0x0a, at)
    const header = end < 0 ? undefined : parseHeader(stdout.toString('latin1', at, end))
    if (header?.id !== id) throw new DamagedStore(`object ${id} is missing`)
    found.set(id, stdout.subarray(end + 1, end + 1 + header.size))
    at = end + 1 + header.size + 1
  }
  return found
}

/** Contents of blobs; undefined for one that is too large for a text. `DamagedStore` when one is not here. */
export async function readTexts(run: GitRunner, ids: readonly string[]): Promise<Map<string, Buffer | undefined>> {
  const texts = new Map<string, Buffer | undefined>(ids.map((id) => [id, undefined]))
  const small = (await readHeaders(run, ids)).filter((header) => header === undefined || header.size <= maxTextBytes)
  for (const [id, bytes] of await readBatch(
    run,
    small.map((header) => header?.id ?? ''),
  ))
    texts.set(id, bytes)
  return texts
}

import { createHash } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import { type GitObject, idOf, type ObjectStore, type ObjectType } from './git-object.ts'

const typeNumbers: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 }
const typesByNumber: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' }
const offsetDelta = 6
const referenceDelta = 7

/** Version 2, without deltas. */
export function writePack(objects: readonly GitObject[]): Buffer {
  const header = Buffer.alloc(12)
  header.write('PACK')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(objects.length, 8)
  const parts = [
    header,
    ...objects.flatMap(({ type, bytes }) => [entryHeader(type, bytes.length), deflateSync(bytes, { level: 1 })]),
  ]
  const pack = Buffer.concat(parts)
  return Buffer.concat([pack, createHash('sha1').update(pack).digest()])
}

function entryHeader(type: ObjectType, size: number): Buffer {
  const bytes = [(typeNumbers[type] << 4) | (size & 15)]
  for (let left = size >>> 4; left > 0; left >>>= 7) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 128
    bytes.push(left & 127)
  }
  return Buffer.from(bytes)
}

/**
 * The objects of a pack. Deltas may refer to objects of the pack and of `store` (a thin pack). Throws on a wrong
 * checksum, a missing base or trailing bytes.
 */
export function readPack(pack: Buffer, store: ObjectStore): ObjectStore {
  if (pack.length < 32 || pack.toString('latin1', 0, 4) !== 'PACK') throw new Error('this is not a pack')
  const body = pack.subarray(0, -20)
  if (!createHash('sha1').update(body).digest().equals(pack.subarray(-20))) throw new Error('pack checksum mismatch')
  const byOffset = new Map<number, GitObject>()
  const objects: ObjectStore = new Map()
  const waiting: { offset: number; base: string; delta: Buffer }[] = []
  const keep = (offset: number, object: GitObject) => {
    byOffset.set(offset, object)
    objects.set(idOf(object), object)
  }

  let at = 12
  for (let left = pack.readUInt32BE(8); left > 0; left -= 1) {
    const entry = readEntry(body, at)
    if (entry.type !== undefined) keep(at, { type: entry.type, bytes: entry.bytes })
    else if (entry.baseOffset !== undefined && byOffset.has(entry.baseOffset)) {
      keep(at, applyDelta(byOffset.get(entry.baseOffset), entry.bytes))
    } else waiting.push({ offset: at, base: entry.baseId ?? '', delta: entry.bytes })
    at = entry.end
  }
  if (at !== body.length) throw new Error('garbage at the end of the pack')
  resolveWaiting(waiting, (id) => objects.get(id) ?? store.get(id), keep)
  return objects
}

/** Deltas against a later object of the pack wait until that is known. */
function resolveWaiting(
  waiting: readonly { offset: number; base: string; delta: Buffer }[],
  find: (id: string) => GitObject | undefined,
  keep: (offset: number, object: GitObject) => void,
): void {
  let left = waiting
  while (left.length > 0) {
    const stillWaiting = left.filter(({ offset, base, delta }) => {
      const found = find(base)
      if (found !== undefined) keep(offset, applyDelta(found, delta))
      return found === undefined
    })
    if (stillWaiting.length === left.length) throw new Error('the pack has unresolved deltas')
    left = stillWaiting
  }
}

interface Entry {
  type: ObjectType | undefined
  baseOffset: number | undefined
  baseId: string | undefined
  bytes: Buffer
  end: number
}

function readEntry(pack: Buffer, offset: number): Entry {
  let at = offset
  let byte = pack[at++] ?? 0
  const number = (byte >> 4) & 7
  while (byte & 128) byte = pack[at++] ?? 0
  let baseOffset: number | undefined
  let baseId: string | undefined
  if (number === offsetDelta) {
    byte = pack[at++] ?? 0
    let distance = byte & 127
    while (byte & 128) {
      byte = pack[at++] ?? 0
      distance = (distance + 1) * 128 + (byte & 127)
    }
    baseOffset = offset - distance
  } else if (number === referenceDelta) {
    baseId = pack.toString('hex', at, at + 20)
    at += 20
  }
  const { bytes, length } = inflate(pack.subarray(at))
  return { type: typesByNumber[number], baseOffset, baseId, bytes, end: at + length }
}

/** `info` also tells how many bytes were consumed, which is where the next entry begins. */
function inflate(from: Buffer): { bytes: Buffer; length: number } {
  const result = inflateSync(from, { info: true }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
  return { bytes: result.buffer, length: result.engine.bytesWritten }
}

function applyDelta(base: GitObject | undefined, delta: Buffer): GitObject {
  if (base === undefined) throw new Error('the base of a delta is missing')
  let at = 0
  const readSize = () => {
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = delta[at++] ?? 0
      size += (byte & 127) * 2 ** shift
      if ((byte & 128) === 0) return size
    }
  }
  if (readSize() !== base.bytes.length) throw new Error('a delta does not fit its base')
  const size = readSize()
  const parts: Buffer[] = []
  while (at < delta.length) {
    const code = delta[at++] ?? 0
    if ((code & 128) === 0) {
      parts.push(delta.subarray(at, at + code))
      at += code
      continue
    }
    const field = (bits: readonly number[]) =>
      bits.reduce((value, bit, index) => ((code & bit) === 0 ? value : value + (delta[at++] ?? 0) * 256 ** index), 0)
    const from = field([1, 2, 4, 8])
    const length = field([16, 32, 64]) || 65_536
    parts.push(base.bytes.subarray(from, from + length))
  }
  const bytes = Buffer.concat(parts)
  if (bytes.length !== size) throw new Error('a delta gives the wrong size')
  return { type: base.type, bytes }
}

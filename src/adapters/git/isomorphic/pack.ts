import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { parseTree, type TreeEntry } from '../../../core/change/tree.ts'
import type { GitObject } from '../../../ports.ts'

const typeNumber = { commit: 1, tree: 2, blob: 3 }

/** A version 2 pack of whole objects (gitformat-pack); no deltas, as a change is a handful of small objects. */
export function encodePack(objects: readonly GitObject[]): Buffer {
  const header = Buffer.alloc(12)
  header.write('PACK')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(objects.length, 8)
  const parts: Buffer[] = [header]
  for (const { type, bytes } of objects) {
    parts.push(entryHeader(typeNumber[type], bytes.length), deflateSync(bytes, { level: 1 }))
  }
  const content = Buffer.concat(parts)
  return Buffer.concat([content, createHash('sha1').update(content).digest()])
}

/** Type and size: four bits of size in the first byte, seven in each further one, smallest first. */
function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = []
  let byte = (type << 4) | (size & 15)
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(byte | 128)
    byte = rest & 127
  }
  bytes.push(byte)
  return Buffer.from(bytes)
}

/** Reads a local object. */
export type ReadObject = (id: string) => Promise<GitObject>

/**
 * What a tree has that the older one has not: itself, changed folders and files. Folders are compared by name, so the
 * cost is that of the change and not of the repository.
 */
export async function newTreeObjects(
  { id, olderId }: { id: string; olderId: string | undefined },
  read: ReadObject,
): Promise<GitObject[]> {
  if (id === olderId) return []
  const tree = await read(id)
  const before = new Map<string, TreeEntry>()
  for (const entry of olderId === undefined ? [] : parseTree((await read(olderId)).bytes)) {
    before.set(Buffer.from(entry.name).toString('latin1'), entry)
  }
  const found: GitObject[] = [tree]
  for (const entry of parseTree(tree.bytes)) {
    const older = before.get(Buffer.from(entry.name).toString('latin1'))
    if (older?.id === entry.id || entry.mode === '160000') continue
    const isFolder = entry.mode === '040000'
    if (!isFolder) found.push(await read(entry.id))
    else {
      const olderFolder = older?.mode === '040000' ? older.id : undefined
      found.push(...(await newTreeObjects({ id: entry.id, olderId: olderFolder }, read)))
    }
  }
  return found
}

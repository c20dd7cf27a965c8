import { Buffer } from 'node:buffer'
import { FairleadError } from '../../errors.ts'
import type { Snapshot } from '../manifest/snapshot.ts'
import { withTexts } from '../manifest/snapshot-memo.ts'
import { type RenderedObject, renderObject } from './object-id.ts'

const idLength = 20

/** One line of a tree object. `name` is raw bytes: Git does not say which encoding a name has. */
export interface TreeEntry {
  /** As six digits, e.g. `100644`; Git itself writes folders as `40000`. */
  mode: string
  name: Uint8Array
  /** 40 lower-case hex. */
  id: string
  /** Where the 20 bytes of the id start in the tree. */
  idOffset: number
}

/** Where raw trees come from; `''` is the root. A snapshot and a rendered change are both such sources. */
export interface TreeSource {
  tree(folder: string): Uint8Array | undefined
}

/** The objects of one change. It is itself a source, so that the next change can be rendered on top. */
export interface RenderedChange extends TreeSource {
  /** Id of the new root tree. */
  readonly root: string
  /** New blobs, then new trees from the deepest to the root; empty when nothing differs. */
  readonly objects: readonly RenderedObject[]
}

/** Reads a raw tree. Rejects damaged bytes with `GitUnavailable`, since the object can be fetched again. */
export function parseTree(raw: Uint8Array): TreeEntry[] {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)
  const entries: TreeEntry[] = []
  let at = 0
  while (at < bytes.length) {
    const blank = bytes.indexOf(0x20, at)
    const nul = blank < 0 ? -1 : bytes.indexOf(0, blank)
    if (nul < 0 || nul + idLength >= bytes.length) throw damaged(at)
    entries.push({
      mode: bytes.toString('latin1', at, blank).padStart(6, '0'),
      name: bytes.subarray(blank + 1, nul),
      id: bytes.toString('hex', nul + 1, nul + 1 + idLength),
      idOffset: nul + 1,
    })
    at = nul + 1 + idLength
  }
  return entries
}

function damaged(offset: number): FairleadError {
  return new FairleadError('GitUnavailable', `a tree object is damaged at byte ${offset}; it must be fetched again`)
}

/**
 * The tree with the id of one entry replaced. Nothing else is decoded, re-sorted or normalised, so entries that
 * another Git implementation would rewrite (odd modes, names that are not UTF-8) stay as they are.
 */
export function spliceTree(raw: Uint8Array, entryName: string, newId: string): Uint8Array {
  const entry = findEntry(raw, entryName)
  if (!entry) throw new FairleadError('NotEditable', `there is no entry "${entryName}" in the tree; plan again`)
  const copy = Buffer.from(raw)
  copy.write(newId, entry.idOffset, 'hex')
  return copy
}

function findEntry(raw: Uint8Array, name: string): TreeEntry | undefined {
  const wanted = Buffer.from(name)
  return parseTree(raw).find((entry) => wanted.equals(entry.name))
}

/**
 * Renders edits of existing regular files (`path -> new text`) on top of `source`: new blobs, and every tree above
 * them with only ids replaced. `NotEditable` when a path is not a regular file there. An edit that changes no byte
 * yields no object.
 */
export function renderChange(source: TreeSource, edits: ReadonlyMap<string, string>): RenderedChange {
  const trees = new Map<string, Uint8Array>()
  const blobs = new Map<string, RenderedObject>()
  const tree = (folder: string) => trees.get(folder) ?? source.tree(folder)
  for (const [path, text] of edits) {
    const blob = renderObject('blob', Buffer.from(text))
    const { folder, name } = split(path)
    const raw = tree(folder)
    const entry = raw && findEntry(raw, name)
    if (!raw || !entry?.mode.startsWith('100')) throw notRegular(path)
    if (entry.id === blob.id) continue
    blobs.set(blob.id, blob)
    trees.set(folder, spliceTree(raw, name, blob.id))
  }
  const changed = raiseToRoot(trees, tree)
  const root = changed.at(-1)?.id ?? renderObject('tree', rootOf(source)).id
  return { root, objects: [...blobs.values(), ...unique(changed)], tree }
}

/** Renders the changed folders, deepest first, writing each new id into the folder above. */
function raiseToRoot(trees: Map<string, Uint8Array>, tree: TreeSource['tree']): RenderedObject[] {
  const rendered: RenderedObject[] = []
  const waiting = new Set(trees.keys())
  while (waiting.size > 0) {
    const folder = [...waiting].reduce((deepest, next) => (depth(next) > depth(deepest) ? next : deepest))
    waiting.delete(folder)
    const object = renderObject('tree', trees.get(folder) ?? Buffer.alloc(0))
    rendered.push(object)
    if (folder === '') continue
    const { folder: above, name } = split(folder)
    const raw = tree(above)
    if (!raw) throw notRegular(folder)
    trees.set(above, spliceTree(raw, name, object.id))
    waiting.add(above)
  }
  return rendered
}

function unique(objects: readonly RenderedObject[]): RenderedObject[] {
  return [...new Map(objects.map((object) => [object.id, object])).values()]
}

function rootOf(source: TreeSource): Uint8Array {
  const root = source.tree('')
  if (!root) throw new FairleadError('Internal', 'the snapshot has no root tree')
  return root
}

function depth(folder: string): number {
  return folder === '' ? 0 : folder.split('/').length
}

function split(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf('/')
  return { folder: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}

function notRegular(path: string): FairleadError {
  return new FairleadError('NotEditable', `"${path}" is not a regular file at this revision; plan again`)
}

/**
 * The files as they are after a change: `base` with the edited texts and trees on top. `revision` is the id of the
 * commit that was rendered from the change. Paths and modes never change, because only existing files are edited.
 */
export function overlay(
  base: Snapshot & TreeSource,
  change: { rendered: RenderedChange; edits: ReadonlyMap<string, string>; revision: string },
): Snapshot & TreeSource {
  const { revision, edits, rendered } = change
  return withTexts(base, edits, { revision, tree: (folder: string) => rendered.tree(folder) })
}

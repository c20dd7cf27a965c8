import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Snapshot } from '../core/manifest/snapshot.ts'
import { FairleadError } from '../errors.ts'

/** Folders that hold no manifests. */
const skipped = new Set(['.git', 'node_modules'])
const maxFileBytes = 1024 * 1024
const maxTotalBytes = 256 * 1024 * 1024

/** How the disk is read: without waiting, for a verb has nothing else to do, and thousands of small files go faster so. */
export type Disk = Pick<typeof import('node:fs'), 'lstatSync' | 'readdirSync' | 'readFileSync'>

interface Entry {
  mode: string
  text?: string
}

/**
 * The files of a folder as they lie on disk. Symlinks are listed and never followed, so nothing outside the folder is
 * read. `UsageInvalid` when there is no such folder, or when a folder or manifest in it cannot be read: what is not seen
 * might decide. `RepositoryTooLarge` above 256 MiB of YAML and JSON.
 */
export function readFolder(folder: string, disk: Disk = { lstatSync, readdirSync, readFileSync }): Snapshot {
  const entries = new Map<string, Entry>()
  readInto({ entries, total: 0, disk, folder }, '')
  const paths = [...entries.keys()].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
  return {
    revision: '',
    paths,
    text: (file) => entries.get(file)?.text,
    mode: (file) => entries.get(file)?.mode,
  }
}

interface Reading {
  entries: Map<string, Entry>
  /** Bytes of text so far. */
  total: number
  disk: Disk
  folder: string
}

function readInto(reading: Reading, within: string): void {
  const { entries, disk, folder } = reading
  const found = orRefuse(path.join(folder, within), 'is no folder that can be read', (at) =>
    disk.readdirSync(at, { withFileTypes: true }),
  )
  for (const entry of found) {
    const file = within === '' ? entry.name : `${within}/${entry.name}`
    if (entry.isSymbolicLink()) entries.set(file, { mode: '120000' })
    else if (entry.isDirectory() && !skipped.has(entry.name)) readInto(reading, file)
    else if (entry.isFile()) {
      const read = (at: string) => readEntry(reading, at)
      entries.set(file, orRefuse(path.join(folder, file), 'cannot be read', read))
    }
  }
}

function orRefuse<T>(at: string, why: string, read: (at: string) => T): T {
  try {
    return read(at)
  } catch (cause) {
    if (cause instanceof FairleadError) throw cause
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
    throw new FairleadError('UsageInvalid', `${at} ${why}${code}.`, { cause })
  }
}

function readEntry(reading: Reading, file: string): Entry {
  const { size, mode } = reading.disk.lstatSync(file)
  const entry: Entry = { mode: (mode & 0o111) === 0 ? '100644' : '100755' }
  if (!isManifest(file) || size > maxFileBytes) return entry
  reading.total += size
  if (reading.total > maxTotalBytes) {
    throw new FairleadError('RepositoryTooLarge', 'The folder holds more than 256 MiB of YAML and JSON.')
  }
  const text = decode(reading.disk.readFileSync(file))
  return text === undefined ? entry : { ...entry, text }
}

function isManifest(file: string): boolean {
  return /\.(ya?ml|json)$/.test(file) || path.basename(file) === 'Kustomization'
}

/** A byte order mark stays in the text, so that it goes back into the file. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

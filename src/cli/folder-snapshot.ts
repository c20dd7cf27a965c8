import { lstat, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Snapshot } from '../core/manifest/snapshot.ts'
import { FairleadError } from '../errors.ts'

/** Folders that hold no manifests. */
const skipped = new Set(['.git', 'node_modules'])
const maxFileBytes = 1024 * 1024
const maxTotalBytes = 256 * 1024 * 1024

interface Entry {
  mode: string
  text?: string
}

/**
 * The files of a folder as they lie on disk. Symlinks are listed and never followed, so nothing outside the folder is
 * read. `UsageInvalid` when there is no such folder, `RepositoryTooLarge` above 256 MiB of YAML and JSON.
 */
export async function readFolder(folder: string): Promise<Snapshot> {
  const entries = new Map<string, Entry>()
  const state = { total: 0 }
  await readInto(entries, state, folder, '')
  const paths = [...entries.keys()].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
  return {
    revision: '',
    paths,
    text: (file) => entries.get(file)?.text,
    mode: (file) => entries.get(file)?.mode,
  }
}

async function readInto(entries: Map<string, Entry>, state: { total: number }, folder: string, within: string) {
  const found = await listOf(path.join(folder, within), within === '')
  for (const entry of found) {
    const file = within === '' ? entry.name : `${within}/${entry.name}`
    if (entry.isSymbolicLink()) entries.set(file, { mode: '120000' })
    else if (entry.isDirectory() && !skipped.has(entry.name)) await readInto(entries, state, folder, file)
    else if (entry.isFile()) entries.set(file, await readEntry(state, path.join(folder, file)))
  }
}

async function listOf(folder: string, isTop: boolean) {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (cause) {
    if (!isTop) return []
    throw new FairleadError('UsageInvalid', `${folder} is no folder that can be read.`, { cause })
  }
}

async function readEntry(state: { total: number }, file: string): Promise<Entry> {
  const { size, mode } = await lstat(file)
  const entry: Entry = { mode: (mode & 0o111) === 0 ? '100644' : '100755' }
  if (!isManifest(file) || size > maxFileBytes) return entry
  state.total += size
  if (state.total > maxTotalBytes) {
    throw new FairleadError('RepositoryTooLarge', 'The folder holds more than 256 MiB of YAML and JSON.')
  }
  const text = decode(await readFile(file))
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

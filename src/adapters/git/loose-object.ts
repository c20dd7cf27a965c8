import { Buffer } from 'node:buffer'
import { access, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import type { GitObject } from '../../ports.ts'

let counter = 0

/**
 * Writes a loose object the way Git does: zlib over header and content, read-only, renamed into place. Both backends
 * read it. Not synced to disk: the store is a cache, and one damaged by a crash is built again.
 */
export async function writeLooseObject(gitDir: string, object: GitObject): Promise<void> {
  const folder = join(gitDir, 'objects', object.id.slice(0, 2))
  const file = join(folder, object.id.slice(2))
  if (await exists(file)) return
  await mkdir(folder, { recursive: true })
  counter += 1
  const temporary = join(folder, `tmp_obj_${process.pid}_${counter}`)
  const content = Buffer.concat([Buffer.from(`${object.type} ${object.bytes.length}\0`), object.bytes])
  await writeFile(temporary, deflateSync(content, { level: 1 }), { mode: 0o444, flag: 'wx' })
  await rename(temporary, file)
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

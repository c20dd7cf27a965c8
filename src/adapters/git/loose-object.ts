import { Buffer } from 'node:buffer'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import type { GitObject } from '../../ports.ts'

let counter = 0

/**
 * Writes a loose object the way Git does: zlib over header and content, read-only, renamed into place. Both backends
 * read it. Not synced to disk: the store is a cache, and one damaged by a crash is built again. Synchronous, because a
 * handful of small files takes under a millisecond that way and ten through the thread pool.
 */
export function writeLooseObject(gitDir: string, object: GitObject): void {
  const folder = join(gitDir, 'objects', object.id.slice(0, 2))
  const file = join(folder, object.id.slice(2))
  if (existsSync(file)) return
  mkdirSync(folder, { recursive: true })
  counter += 1
  const temporary = join(folder, `tmp_obj_${process.pid}_${counter}`)
  const content = Buffer.concat([Buffer.from(`${object.type} ${object.bytes.length}\0`), object.bytes])
  writeFileSync(temporary, deflateSync(content, { level: 1 }), { mode: 0o444, flag: 'w' })
  renameSync(temporary, file)
}

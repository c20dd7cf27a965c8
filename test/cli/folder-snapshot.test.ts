import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFolder } from '../../src/cli/folder-snapshot.ts'
import { refusalOf } from '../core/manifest/folder.ts'
import { folderOnDisk } from './offline-folder.ts'

let folder = ''
let remove = async () => {}

beforeAll(async () => {
  const made = await folderOnDisk({ 'apps/web/a.yaml': 'a: 1\n', 'apps/secret.bin': 'x', 'b.yaml': 'b: 1\n' })
  folder = made.folder
  remove = made.remove
})

afterAll(() => remove())

/** The real disk, on which one path may not be read: permissions do not hold root back. */
function diskWithout(locked: string) {
  const guarded = <Read extends (at: never, options: never) => unknown>(read: Read): Read =>
    ((at: string, options: never) => {
      if (at !== path.join(folder, locked)) return read(at as never, options)
      throw Object.assign(new Error('permission denied'), { code: 'EACCES' })
    }) as unknown as Read
  return { lstatSync, readdirSync: guarded(readdirSync), readFileSync: guarded(readFileSync) }
}

describe('readFolder', () => {
  test.each([
    ['a folder', 'apps/web', 'is no folder that can be read'],
    ['a manifest', 'apps/web/a.yaml', 'cannot be read'],
    ['the whole', '', 'is no folder that can be read'],
  ])('%s that may not be read is told, not left out', (_, locked, why) => {
    expect(refusalOf(() => readFolder(folder, diskWithout(locked)))).toMatchObject({
      code: 'UsageInvalid',
      message: `${path.join(folder, locked)} ${why} (EACCES).`,
    })
  })

  test('the content of other files is not asked for', () => {
    const snapshot = readFolder(folder, diskWithout('apps/secret.bin'))
    expect(snapshot.paths).toEqual(['apps/secret.bin', 'apps/web/a.yaml', 'b.yaml'])
    expect(snapshot.text('apps/web/a.yaml')).toBe('a: 1\n')
  })

  test('a folder that is not there is told', () => {
    expect(refusalOf(() => readFolder(path.join(folder, 'none')))).toMatchObject({
      code: 'UsageInvalid',
      message: `${path.join(folder, 'none')} is no folder that can be read (ENOENT).`,
    })
  })
})

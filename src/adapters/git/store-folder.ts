import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FairleadError } from '../../errors.ts'
import { DamagedStore } from './backend.ts'

/** What stands in `HEAD` of every store: a branch that is never there, because each command names its own ref. */
export const headText = 'ref: refs/heads/none\n'

/**
 * Does the folder still hold what makes it a Git repository for git and for us? Asked before each use: anybody may
 * clean the cache while we run, and git would then look for another repository or know no remote. Synchronous, because
 * four questions take under a tenth of a millisecond that way.
 */
function isWhole(gitDir: string): boolean {
  if (!['objects', 'refs'].every((name) => isFolder(join(gitDir, name)))) return false
  return existsSync(join(gitDir, 'config')) && readHead(gitDir) === headText
}

/** The life of one store's folder; it is a cache and may go at any time. */
export interface StoreFolder {
  /** Creates what is missing at the first use; after that, `DamagedStore` when somebody took the folder away. */
  prepare(): Promise<void>
  /** Deletes the folder; the next `prepare` creates it anew. */
  discard(): Promise<void>
}

/** The folder `gitDir`, filled by `create`. Both calls reject with `ConfigInvalid` when it may not be written. */
export function createStoreFolder(gitDir: string, create: () => Promise<void>): StoreFolder {
  let prepared = false
  const explain = (error: unknown) => Promise.reject(explainFolder(error, gitDir))
  return {
    async prepare() {
      if (prepared && !isWhole(gitDir)) throw new DamagedStore(`${gitDir} was deleted or changed from outside`)
      if (prepared) return
      await create().catch(explain)
      prepared = true
    },
    async discard() {
      prepared = false
      await rm(gitDir, { recursive: true, force: true, maxRetries: 3 }).catch(explain)
    },
  }
}

/** Creates the cache folder. `ConfigInvalid` when it cannot be created or written. */
export function createCacheFolder(cacheDir: string): void {
  const folder = join(cacheDir, 'git')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw explainFolder(error, folder)
  }
}

/** What it means that a folder of the cache cannot be created, written or deleted. */
export function explainFolder(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FairleadError('GitUnavailable', `no space left for the local copy in ${folder}`, { cause: error })
  }
  if (!/^E(ACCES|PERM|NOTDIR|EXIST|ROFS|ISDIR|LOOP|NAMETOOLONG)$/.test(code)) return error
  const message = `cacheDir cannot be used: ${folder} gives ${code}; name a folder that we may write`
  return new FairleadError('ConfigInvalid', message, { cause: error })
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function readHead(gitDir: string): string | undefined {
  try {
    return readFileSync(join(gitDir, 'HEAD'), 'utf8')
  } catch {
    return undefined
  }
}

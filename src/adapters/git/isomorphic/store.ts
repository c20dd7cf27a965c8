import { Buffer } from 'node:buffer'
import fs from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import git from 'isomorphic-git'
import { FairleadError } from '../../../errors.ts'
import type { GitObject } from '../../../ports.ts'
import { DamagedStore } from '../backend.ts'
import { createStoreFolder, headText, type StoreFolder } from '../store-folder.ts'

/** A bare object store on disk, read and filled in process. */
export interface Store extends StoreFolder {
  /** Undefined when it is not here. */
  read(id: string, memory: object): Promise<GitObject | undefined>
  /** Records where the remote branch is, so that the next fetch can say what we have. */
  setHead(ref: string, id: string): Promise<void>
  /** Commits whose parents were left out. */
  shallow(): Promise<ReadonlySet<string>>
  /** True until something was fetched. */
  isEmpty(): Promise<boolean>
}

/** The store in `gitDir`, with one remote called `origin`. */
export function createStore(gitDir: string, url: string): Store {
  async function create(): Promise<void> {
    for (const folder of ['objects', 'refs']) await mkdir(join(gitDir, folder), { recursive: true, mode: 0o700 })
    await git.init({ fs, gitdir: gitDir, dir: gitDir, bare: true })
    await git.addRemote({ fs, gitdir: gitDir, remote: 'origin', url, force: true })
    await writeFile(join(gitDir, 'HEAD'), headText)
  }

  return {
    ...createStoreFolder(gitDir, create),
    async read(id, memory) {
      try {
        const found = await git.readObject({ fs, gitdir: gitDir, oid: id, format: 'content', cache: memory })
        if (found.format !== 'content' || !isGitType(found.type)) return undefined
        return { type: found.type, id, bytes: Buffer.from(found.object) }
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'NotFoundError') return undefined
        throw explainStore(error)
      }
    },
    async setHead(ref, id) {
      await git.writeRef({ fs, gitdir: gitDir, ref, value: id, force: true }).catch((error) => {
        throw explainStore(error)
      })
    },
    async shallow() {
      const text = await readFile(join(gitDir, 'shallow'), 'utf8').catch(() => '')
      return new Set(text.split('\n').filter(Boolean))
    },
    isEmpty: async () => hasNoPack(gitDir),
  }
}

function hasNoPack(gitDir: string): boolean {
  const folder = join(gitDir, 'objects/pack')
  return !fs.existsSync(folder) || !fs.readdirSync(folder).some((name) => name.endsWith('.pack'))
}

function isGitType(type: string | undefined): type is GitObject['type'] {
  return type === 'blob' || type === 'tree' || type === 'commit'
}

/** What a failure of the local store means. */
export function explainStore(error: unknown): unknown {
  if (error instanceof FairleadError || error instanceof DamagedStore) return error
  const message = error instanceof Error ? error.message : String(error)
  if (/ENOSPC|EDQUOT/.test(message)) {
    return new FairleadError('GitUnavailable', 'no space left for the local copy of the repository', { cause: error })
  }
  return new DamagedStore(message.slice(0, 200))
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { createGitRepository } from '../../src/adapters/git/open.ts'
import type { GitSettings } from '../../src/adapters/git/settings.ts'
import { type CommitDraft, renderCommit } from '../../src/core/change/commit.ts'
import { renderChange } from '../../src/core/change/tree.ts'
import { FairleadError } from '../../src/errors.ts'
import type { BranchSnapshot, GitObject, GitRepository } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { type GitHttpServer, type ServedRepository, startGitHttpServer } from '../fakes/git-http-server.ts'
import { silentLog } from '../fakes/silent-log.ts'

export const who = { name: 'fairlead', email: 'fairlead@example.com' }

/** What a change of some files would be as a commit. */
export interface Plan {
  commit: string
  objects: readonly GitObject[]
}

export function plan(
  snapshot: BranchSnapshot,
  edits: Record<string, string>,
  options: Partial<CommitDraft> = {},
): Plan {
  const change = renderChange(snapshot, new Map(Object.entries(edits)))
  const commit = renderCommit({
    tree: change.root,
    parents: [snapshot.revision],
    author: who,
    committer: who,
    date: new Date('2026-02-03T04:05:06.789Z'),
    message: 'Update web to 1.4.2\n\nFairlead-Id: 0123456789abcdef',
    ...options,
  })
  return { commit: commit.id, objects: [...change.objects, commit] }
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  return error instanceof FairleadError ? error.code : error === undefined ? 'no error' : `not ours: ${error}`
}

export const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error) => String(error.message),
  )

/** A Git host and repositories opened on it, made new for a suite. */
export interface GitWorld {
  readonly server: GitHttpServer
  readonly folder: string
  serve(files?: Record<string, string>): ServedRepository
  open(url: string, settings?: Partial<GitSettings>): Promise<GitRepository>
  openSnapshot(served: ServedRepository): Promise<[GitRepository, BranchSnapshot]>
  pushPlan(repository: GitRepository, base: string, plan: Plan): Promise<void>
}

/** Starts a world before the tests of the suite this is called in and ends it after them. */
export function useGitWorld(backend: 'native' | 'isomorphic'): GitWorld {
  let server: GitHttpServer
  let folder: string
  let counter = 0
  const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })

  beforeAll(async () => {
    server = await startGitHttpServer()
    folder = mkdtempSync(join(tmpdir(), 'git-contract-'))
  })
  afterEach(() => {
    server.login = undefined
    server.fault = () => undefined
  })
  afterAll(async () => {
    http.close()
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const open: GitWorld['open'] = (url, settings = {}) => {
    counter += 1
    const cacheDir = join(folder, `cache-${counter}`)
    return createGitRepository(
      { url, backend, insecure: true, cacheDir, ...settings },
      { http, log: silentLog, clock: systemClock },
    )
  }

  return {
    get server() {
      return server
    },
    get folder() {
      return folder
    },
    serve(files = { 'apps/web/deployment.yaml': 'image: web:1\n', 'README.md': 'hi\n' }) {
      counter += 1
      const served = server.create(`repo-${counter}`)
      served.commit({ files, message: 'start' })
      return served
    },
    open,
    async openSnapshot(served) {
      const repository = await open(served.url)
      return [repository, await repository.snapshot('main', { fresh: false })]
    },
    async pushPlan(repository, base, { commit, objects }) {
      await repository.store(objects)
      await repository.push('main', base, commit)
    },
  }
}

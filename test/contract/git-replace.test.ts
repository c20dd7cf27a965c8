import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { createGitRepository } from '../../src/adapters/git/open.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp, type HttpClient } from '../../src/runtime/http.ts'
import { type GitHost, type GitHostOptions, startGitHost } from '../../src/sandbox/git-host/git-host.ts'
import { type GitHttpServer, hasGit, startGitHttpServer } from '../fakes/git-http-server.ts'
import { createFakeGitRepository } from '../fakes/git-repository.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { describeGitReplace, type HostedRepository, type ReplaceWorld } from './git-replace.suite.ts'

const files = { 'apps/web.yaml': 'web: 1\n', 'notes.yaml': 'a: 1\n' }

function fakeWorld(): ReplaceWorld {
  return {
    start: async () => undefined,
    close: async () => undefined,
    create() {
      const repository = createFakeGitRepository()
      repository.commit('main', files, 'start')
      const { heads } = repository.remote
      return {
        open: async () => repository,
        commit(branch, changes) {
          if (!heads.has(branch)) heads.set(branch, heads.get('main') ?? '')
          return repository.commit(branch, changes, 'by hand')
        },
        head: (branch) => heads.get(branch),
        deleteBranch: (branch) => void heads.delete(branch),
        loseNextAnswer() {
          repository.nextPush = 'lose'
        },
        forbidRewriting() {
          repository.nextPush = { refuse: 'non-fast-forward' }
        },
      }
    },
  }
}

/** What both real worlds have in common: a folder for caches and the adapter under test. */
function adapterWorld(
  backend: 'native' | 'isomorphic',
  host: {
    start(): Promise<void>
    create(name: string): Omit<HostedRepository, 'open'> & { url: string }
    close(): Promise<void>
  },
): ReplaceWorld {
  let folder: string
  let http: HttpClient
  let counter = 0
  return {
    async start() {
      folder = mkdtempSync(join(tmpdir(), 'git-replace-'))
      http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
      await host.start()
    },
    create() {
      const { url, ...hosted } = host.create(`repo-${++counter}`)
      const open = () =>
        createGitRepository(
          { url, backend, insecure: true, cacheDir: join(folder, `cache-${++counter}`) },
          { http, log: silentLog, clock: systemClock },
        )
      return { ...hosted, open }
    },
    async close() {
      http.close()
      await host.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function gitBinaryHost(): Parameters<typeof adapterWorld>[1] {
  let server: GitHttpServer
  return {
    async start() {
      server = await startGitHttpServer()
    },
    create(name) {
      server.fault = () => undefined
      const served = server.create(name)
      served.commit({ files })
      const head = (branch: string) => served.git(['for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`])
      return {
        url: served.url,
        commit(branch, changes) {
          if (head(branch) === '') served.git(['branch', branch, 'main'])
          return served.commit({ branch, files: changes })
        },
        head: (branch) => head(branch) || undefined,
        deleteBranch: (branch) => void served.git(['update-ref', '-d', `refs/heads/${branch}`]),
        loseNextAnswer() {
          server.fault = ({ isPush }) => (isPush ? { kind: 'drop-answer' } : undefined)
        },
        forbidRewriting: () => void served.git(['config', 'receive.denyNonFastForwards', 'true']),
      }
    },
    close: () => server.close(),
  }
}

function sandboxHost(): Parameters<typeof adapterWorld>[1] {
  let host: GitHost
  const options: GitHostOptions = {}
  return {
    async start() {
      host = await startGitHost(options)
    },
    create(name) {
      options.protection = 'default-branch'
      host.createRepository(name, files)
      // The live table of references, which tests may change as an administrator does.
      const refs = host.refs(name) as Map<string, string>
      return {
        url: host.urlOf(name),
        commit(branch, changes) {
          const ref = `refs/heads/${branch}`
          if (!refs.has(ref)) refs.set(ref, host.head(name, 'main') ?? '')
          return host.commit(name, branch, changes, 'by hand')
        },
        head: (branch) => host.head(name, branch),
        deleteBranch: (branch) => void refs.delete(`refs/heads/${branch}`),
        loseNextAnswer: () => host.dropPushResponse(),
        forbidRewriting() {
          options.protection = 'every-branch'
        },
      }
    },
    close: () => host.close(),
  }
}

describeGitReplace('the fake', fakeWorld())
describeGitReplace('isomorphic, sandbox', adapterWorld('isomorphic', sandboxHost()))
describe.skipIf(!hasGit())('with a git binary', () => {
  describeGitReplace('native, sandbox', adapterWorld('native', sandboxHost()))
  describeGitReplace('native, git http-backend', adapterWorld('native', gitBinaryHost()))
  describeGitReplace('isomorphic, git http-backend', adapterWorld('isomorphic', gitBinaryHost()))
})

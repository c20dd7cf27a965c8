import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGitRepository } from '../../../src/adapters/git/open.ts'
import { createGitHub } from '../../../src/adapters/github/open.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttp, type HttpClient } from '../../../src/runtime/http.ts'
import { type GitHost, startGitHost } from '../../../src/sandbox/git-host/git-host.ts'
import { startGitHub } from '../../../src/sandbox/github/github.ts'
import { silentLog } from '../../fakes/silent-log.ts'
import { createHurriedClock } from './github-world.ts'

/** An App at a host whose copies lag behind: the first calls with each of its tokens find nothing. */

let gitHost: GitHost
let github: Awaited<ReturnType<typeof startGitHub>>
let http: HttpClient
let folder: string

beforeAll(async () => {
  gitHost = await startGitHost({ protection: 'default-branch' })
  github = await startGitHub({ git: gitHost })
  folder = mkdtempSync(join(tmpdir(), 'fairlead-app-'))
  http = createHttp({ clock: systemClock, hosts: { [new URL(github.url).host]: { insecure: true } } })
})

afterAll(async () => {
  http.close()
  await github.close()
  await gitHost.close()
  rmSync(folder, { recursive: true, force: true })
})

test('an App reads Git and commits by the API with tokens that the host does not know at once', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  github.repository('acme/gitops', { files: { 'web.yaml': 'image: web:1\n' } })
  const permissions = { contents: 'write', pull_requests: 'write', metadata: 'read' } as const
  const { id, installation, login } = github.app({ slug: 'fairlead', publicKey, permissions, freshTokenMisses: 2 })
  const privateKeyFile = join(folder, 'key.pem')
  writeFileSync(privateKeyFile, privateKey)
  const url = `${github.url}/acme/gitops.git`
  const { host, gitToken } = createGitHub(
    {
      url,
      apiURL: github.apiUrl,
      login: { appId: id, installationId: installation, privateKeyFile },
      deployments: [],
    },
    { http, clock: createHurriedClock(), log: silentLog },
  )
  const git = await createGitRepository(
    { url, backend: 'isomorphic', insecure: true, cacheDir: folder, credentials: { token: gitToken } },
    { http, clock: systemClock, log: silentLog },
  )

  const base = await git.remoteHead('main')
  const files = [{ path: 'web.yaml', text: 'image: web:2\n' }]
  const commit = await host.commits.commit({ branch: 'main', base: base ?? '', message: 'Update web', files })
  expect(await git.remoteHead('main')).toBe(commit)
  expect(await host.pullRequests.account()).toBe(login)
  expect(github.requests.filter(({ status }) => status === 404)).toHaveLength(2)
})

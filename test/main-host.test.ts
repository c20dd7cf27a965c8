import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { createHosts, hostHttp } from '../src/main-host.ts'
import { systemClock } from '../src/runtime/clock.ts'
import { createHttp, type HttpClient } from '../src/runtime/http.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { createGitHubServer, type GitHubServer } from './adapters/github/github-server.ts'
import { silentLog } from './fakes/silent-log.ts'

let server: GitHubServer
let folder: string
let http: HttpClient
beforeEach(async () => {
  server = await createGitHubServer()
  folder = mkdtempSync(join(tmpdir(), 'fairlead-main-host-'))
  for (const name of ['git', 'api']) writeFileSync(join(folder, name), `token-of-${name}`)
})
afterEach(async () => {
  http.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

/** What `createHosts` opens for repositories that are configured so. */
function open(...repositories: object[]) {
  const config = parseConfig('fairlead.yaml', JSON.stringify({ git: { repositories } }))
  http = createHttp({ clock: systemClock, hosts: hostHttp(config) })
  const metrics = createMetrics('1')
  const openHost = createHosts({ http, log: silentLog, secretSeen: () => {}, metrics })
  return { hosts: config.git.repositories.map(openHost), metrics }
}

describe('the host of a repository', () => {
  const url = 'https://github.example.com/acme/gitops'
  const host = () => ({ type: 'github', apiURL: server.apiURL })

  test('is asked with its own token rather than with that of Git', async () => {
    server.on('GET /user', { body: { login: 'robot' } })
    const tokenFile = join(folder, 'api')
    const credentials = { tokenFile: join(folder, 'git') }
    const { hosts } = open(
      { url, insecure: true, credentials, host: { ...host(), tokenFile } },
      { url: `${url}-2`, insecure: true, credentials, host: host() },
    )
    for (const one of hosts) expect(await one?.host.pullRequests.account()).toBe('robot')
    expect(server.heard.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer token-of-api',
      'Bearer token-of-git',
    ])
  })

  test('is none of a repository that is plain Git', () => {
    expect(open({ url, credentials: { tokenFile: join(folder, 'git') } }).hosts).toEqual([undefined])
  })

  test('gives Git its tokens when an App logs in, also without pull requests', () => {
    const githubApp = { appId: 1, installationId: 2, privateKeyFile: join(folder, 'key') }
    expect(open({ url, credentials: { githubApp } }).hosts).toEqual([
      expect.objectContaining({ gitToken: expect.any(Function) }),
    ])
  })

  test('that wants silence gets it from all repositories with the same login', async () => {
    server.on('GET /user', { status: 429, headers: { 'retry-after': '60' }, body: { message: 'slow down' } })
    const credentials = { tokenFile: join(folder, 'git') }
    const { hosts, metrics } = open(
      { url, insecure: true, credentials, host: host() },
      { url: `${url}-2`, insecure: true, credentials, host: host() },
    )
    for (const one of hosts)
      await expect(one?.host.pullRequests.account()).rejects.toMatchObject({ code: 'HostLimited' })
    expect(server.heard).toHaveLength(1)
    const { values } = await metrics.hostRequests.get()
    expect(values).toMatchObject([{ labels: { code: '429' }, value: 1 }])
  })
})

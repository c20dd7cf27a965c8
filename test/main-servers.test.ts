import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { startServers } from '../src/main-servers.ts'
import type { ImageRepository, RepositoryHint } from '../src/ports.ts'
import { createSoleLeader } from '../src/runtime/leader.ts'
import { createSecretRegistry } from '../src/runtime/log.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { createFakeAccessReview } from './fakes/access-review.ts'
import { createRecordingLog } from './fakes/log.ts'

function serversOn(
  listen: { webhook: string; metrics: string },
  waitingFor: string[] = [],
  {
    receivers = '[]',
    repositories = '[]',
    hinted = (_image: ImageRepository, _tag?: string): void => undefined,
    changed = (_hint: RepositoryHint): void => undefined,
  } = {},
) {
  const text = `listen: {webhook: "${listen.webhook}", api: "127.0.0.1:0", metrics: "${listen.metrics}"}
webhooks: {receivers: ${receivers}}
git: {repositories: ${repositories}}`
  const [images, repositoryNews] = [{ hinted }, { changed }]
  return startServers({
    config: parseConfig('fairlead.yaml', text),
    review: createFakeAccessReview(),
    leader: createSoleLeader('one'),
    loops: { images, repositoryNews } as unknown as Parameters<typeof startServers>[0]['loops'],
    log: createRecordingLog(),
    metrics: createMetrics('test'),
    secrets: createSecretRegistry(),
    waitingFor: () => waitingFor,
  })
}

async function aPort(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

describe('the servers', () => {
  test('leave no port taken when one of them cannot have its own', async () => {
    const [free, taken] = [await aPort(), await aPort()]
    await free.close()
    const listen = { webhook: `127.0.0.1:${free.port}`, metrics: `127.0.0.1:${taken.port}` }
    await expect(serversOn(listen)).rejects.toMatchObject({ code: 'ConfigInvalid' })
    await taken.close()
    const servers = await serversOn(listen)
    expect(servers.addresses.webhook).toBe(listen.webhook)
    const stop = new AbortController()
    stop.abort()
    await servers.run(stop.signal)
  })

  test('take webhooks with the proof that is natural for their type, and hand on what they hint at', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-servers-'))
    const secretFile = join(folder, 'secret')
    writeFileSync(secretFile, 'hunter2')
    let tell = (_hint: string) => {}
    const hint = new Promise<string>((resolve) => {
      tell = resolve
    })
    const servers = await serversOn({ webhook: '127.0.0.1:0', metrics: '127.0.0.1:0' }, [], {
      receivers: `[{name: nexus, type: nexus, registry: "nexus.example.com:8083", secretFile: ${secretFile}}]`,
      hinted: ({ registry, repository }, tag) => tell(`${registry}/${repository}:${tag}`),
    })
    const body = '{"action":"CREATED","component":{"format":"docker","name":"team/app","version":"1.4.6"}}'
    const post = (signature: string) =>
      fetch(`http://${servers.addresses.webhook}/webhook/nexus`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-nexus-webhook-signature': signature },
        body,
      })
    expect((await post('hunter2')).status).toBe(401)
    expect((await post(createHmac('sha1', 'hunter2').update(body).digest('hex'))).status).toBe(202)
    expect(await hint).toBe('nexus.example.com:8083/team/app:1.4.6')
    const stop = new AbortController()
    stop.abort()
    await servers.run(stop.signal)
    rmSync(folder, { recursive: true })
  })

  test('take webhooks of GitHub about configured repositories, however they are spelt', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-servers-'))
    const secretFile = join(folder, 'secret')
    writeFileSync(secretFile, 'hunter2')
    let tell = (_hint: RepositoryHint) => {}
    const hint = new Promise<RepositoryHint>((resolve) => {
      tell = resolve
    })
    const servers = await serversOn({ webhook: '127.0.0.1:0', metrics: '127.0.0.1:0' }, [], {
      receivers: `[{name: github, type: github, secretFile: ${secretFile}}]`,
      repositories: '[{url: "git@github.com:acme/gitops.git"}]',
      changed: (one) => tell(one),
    })
    const post = async (name: string, delivery: string) => {
      const full_name = `Acme/${name}`
      const repository = { full_name, clone_url: `https://GitHub.com/${full_name}.git` }
      const body = JSON.stringify({ ref: 'refs/heads/main', repository })
      const headers = {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': delivery,
        'x-hub-signature-256': `sha256=${createHmac('sha256', 'hunter2').update(body).digest('hex')}`,
      }
      const answer = await fetch(`http://${servers.addresses.webhook}/webhook/github`, {
        method: 'POST',
        headers,
        body,
      })
      return answer.json()
    }
    expect(await post('web', '1')).toEqual({ accepted: 0, repeated: 0, foreign: 1 })
    expect(await post('GitOps', '2')).toEqual({ accepted: 1, repeated: 0, foreign: 0 })
    expect(await hint).toEqual({
      repository: 'github.com/acme/gitops',
      about: 'branch',
      branch: 'main',
      receiver: 'github',
    })
    const stop = new AbortController()
    stop.abort()
    await servers.run(stop.signal)
    rmSync(folder, { recursive: true })
  })

  test('say what the process still waits for', async () => {
    const servers = await serversOn({ webhook: '127.0.0.1:0', metrics: '127.0.0.1:0' }, ['Deployment'])
    const answer = await fetch(`http://${servers.addresses.metrics}/readyz`)
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { ready: false, waitingFor: ['first list of Deployment'] },
    ])
    const stop = new AbortController()
    stop.abort()
    await servers.run(stop.signal)
  })
})

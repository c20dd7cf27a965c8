import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createArgocdWebhook } from '../../../src/adapters/notify/argocd-webhook.ts'
import { createFluxReceiver } from '../../../src/adapters/notify/flux-receiver.ts'
import type { NotifySettings } from '../../../src/adapters/notify/signed-post.ts'
import type { Http } from '../../../src/ports.ts'
import type { BranchMove, EngineNotifier } from '../../../src/ports-engine.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttp, type HttpClient } from '../../../src/runtime/http.ts'
import { createSecretFile } from '../../../src/runtime/mounted-file.ts'
import {
  type EngineReceiver,
  fluxWebhookPath,
  startArgocdWebhook,
  startFluxReceiver,
} from '../../fakes/engine-receiver.ts'

const token = 'abc'
const move: BranchMove = {
  repository: 'github.com/acme/gitops',
  branch: 'env/prod',
  before: 'b'.repeat(40),
  after: 'a'.repeat(40),
  files: ['apps/web.yaml'],
}
const fluxPath = fluxWebhookPath(token, 'r', 'flux-system')

let folder: string
let http: HttpClient
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-notify-'))
  await writeFile(join(folder, 'secret'), `${token}\n`)
  http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
})
afterEach(async () => {
  http.close()
  await rm(folder, { recursive: true })
})

const bodyOf = ({ received }: EngineReceiver) => JSON.parse(received.at(-1)?.body ?? 'null')

it('the path of a Receiver is the one that Flux makes for it', () => {
  expect(fluxPath).toBe('/hook/6e214933a77f01cf343daadbf2375ee21c5d38e2113f441d84de518ec67e3785')
})

const engines: {
  name: string
  path: string
  start: (token: string) => Promise<EngineReceiver>
  create: (settings: NotifySettings, http: Http) => EngineNotifier
}[] = [
  { name: "Flux' Receiver", path: fluxPath, start: startFluxReceiver, create: createFluxReceiver },
  { name: "Argo CD's webhook", path: '/api/webhook', start: startArgocdWebhook, create: createArgocdWebhook },
]

describe.each(engines)('$name', ({ name, path, start, create }) => {
  let server: EngineReceiver
  beforeEach(async () => {
    server = await start(token)
  })
  afterEach(() => server.close())

  const notifier = (at = path) => {
    const secret = createSecretFile(join(folder, 'secret'))
    return create({ url: `${server.url}${at}`, secret }, http)
  }

  it('takes a signed hint', async () => {
    await notifier().notify(move)
    expect(server.received).toHaveLength(1)
    expect(server.received[0]?.headers['content-type']).toBe('application/json')
  })

  it('takes the next hint with a secret that was replaced meanwhile', async () => {
    const one = notifier()
    await writeFile(join(folder, 'secret'), 'wrong secret')
    await expect(one.notify(move)).rejects.toMatchObject({ code: 'NotifyFailed' })
    await writeFile(join(folder, 'secret'), token)
    await one.notify(move)
  })

  it.each<[string, () => void, string, RegExp]>([
    ['a wrong secret', () => undefined, path, /status 400: .*must be/],
    ['a wrong path', () => undefined, '/elsewhere', /status 404: .*must/],
    ['a full or suspended door', () => server.next(503), path, /status 503: it/],
    ['a failure of its own', () => server.next(502), path, /status 502$|status 502: /],
    ['a redirect, which is not followed', () => server.next({ location: '/hook' }), path, /status 302: redirects/],
  ])('says what to do about %s', async (what, prepare, at, words) => {
    if (what === 'a wrong secret') await writeFile(join(folder, 'secret'), 'another')
    prepare()
    const failure = await notifier(at)
      .notify(move)
      .catch((error) => error)
    expect(failure).toMatchObject({ code: 'NotifyFailed', message: expect.stringMatching(words) })
    expect(failure.message).toContain(name)
    expect(server.received).toHaveLength(1)
  })

  it('never shows its secret or its path in an error', async () => {
    server.next(500)
    const { message } = await notifier()
      .notify(move)
      .catch((error) => error)
    expect(message).not.toContain(token)
    expect(message).not.toContain(path)
  })

  it('is not asked without a secret', async () => {
    await rm(join(folder, 'secret'))
    await expect(notifier().notify(move)).rejects.toMatchObject({ code: 'ConfigInvalid' })
    await writeFile(join(folder, 'secret'), '')
    await expect(notifier().notify(move)).rejects.toMatchObject({ code: 'ConfigInvalid' })
    expect(server.received).toEqual([])
  })
})

it('Flux is told which branch moved, for its resourceFilter', async () => {
  const server = await startFluxReceiver(token)
  await createFluxReceiver(
    { url: `${server.url}${fluxPath}`, secret: createSecretFile(join(folder, 'secret')) },
    http,
  ).notify(move)
  expect(bodyOf(server)).toEqual({
    repository: 'github.com/acme/gitops',
    branch: 'env/prod',
    before: 'b'.repeat(40),
    after: 'a'.repeat(40),
  })
  await server.close()
})

describe('Argo CD is told of a push', () => {
  it.each<[string, Partial<BranchMove>, object]>([
    [
      'with the files that changed',
      {},
      {
        ref: 'refs/heads/env/prod',
        before: 'b'.repeat(40),
        after: 'a'.repeat(40),
        repository: { html_url: 'https://github.com/acme/gitops', default_branch: 'env/prod' },
        commits: [{ id: 'a'.repeat(40), added: [], modified: ['apps/web.yaml'], removed: [] }],
      },
    ],
    [
      'without files and the commit before, when they are not known',
      { before: '', files: [] },
      {
        before: '0'.repeat(40),
        commits: [],
      },
    ],
    [
      'at a host with a port, which it does not compare',
      { repository: 'git.example.com:8443/acme/gitops' },
      {
        repository: { html_url: 'https://git.example.com:8443/acme/gitops', default_branch: 'env/prod' },
      },
    ],
  ])('%s', async (_, change, expected) => {
    const server = await startArgocdWebhook(token)
    const secret = createSecretFile(join(folder, 'secret'))
    await createArgocdWebhook({ url: `${server.url}/api/webhook`, secret }, http).notify({ ...move, ...change })
    expect(bodyOf(server)).toMatchObject(expected)
    await server.close()
  })
})

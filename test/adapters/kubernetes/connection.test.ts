import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiClient, createClient } from '../../../src/adapters/kubernetes/client.ts'
import { type Connection, createConnection } from '../../../src/adapters/kubernetes/connection.ts'
import type { Account } from '../../../src/adapters/kubernetes/credential.ts'
import { createCertificate } from '../../fakes/certificate.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { kubeconfigText } from './follow-fixture.ts'

let folder: string
let cleanups: (() => Promise<void> | void)[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-account-'))
  cleanups = [() => rm(folder, { recursive: true })]
})
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})

/** A server whose URL is known; counts its TCP connections. */
async function listen(server: Server, scheme: 'http' | 'https') {
  let connections = 0
  server.on('connection', () => {
    connections++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  const { port } = server.address() as AddressInfo
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    get connections() {
      return connections
    },
  }
}

const serveHttp = (listener: RequestListener) => listen(createHttpServer(listener), 'http')

/** Answers with the authorization it was asked with. */
const echo: RequestListener = (request, response) => response.end(JSON.stringify(request.headers.authorization ?? ''))

/** Lets in whoever has `token`. */
const guarded = (state: { token: string; seen: string[] }): RequestListener => {
  return (request, response) => {
    const { authorization = '' } = request.headers
    state.seen.push(authorization)
    response.statusCode = authorization === `Bearer ${state.token}` ? 200 : 401
    response.end(JSON.stringify({ kind: 'Status', message: 'Unauthorized' }))
  }
}

async function open(kubeconfig: string, account: Partial<Account> = {}) {
  const clock = createManualClock()
  const path = join(folder, 'config')
  if (kubeconfig !== '') await writeFile(path, kubeconfig)
  const connection: Connection = createConnection(
    { kubeconfig: kubeconfig === '' ? '' : path, context: '', ...account },
    clock,
  )
  cleanups.push(() => connection.close())
  const client: ApiClient = createClient(connection, 'fairlead/test')
  return { connection, client, clock, path, ask: () => client.request('GET', '/version') }
}

describe('connection', () => {
  it('is one for many calls in a row', async () => {
    const server = await serveHttp(echo)
    const { ask } = await open(kubeconfigText(server.url, { token: 'first' }))
    for (let calls = 0; calls < 20; calls++) expect(await ask()).toBe('Bearer first')
    expect(server.connections).toBe(1)
  })

  it('is kept for many calls at once, up to a limit', async () => {
    const server = await serveHttp(echo)
    const { ask } = await open(kubeconfigText(server.url, { token: 'first' }))
    await Promise.all(Array.from({ length: 100 }, ask))
    expect(server.connections).toBeLessThanOrEqual(12)
  })

  it('keeps the path that a proxy puts in front of the API', async () => {
    const server = await serveHttp((request, response) => response.end(JSON.stringify(request.url)))
    const { ask } = await open(kubeconfigText(`${server.url}/k8s/clusters/c-1/`, {}))
    expect(await ask()).toBe('/k8s/clusters/c-1/version')
  })

  it('asks again when the server had closed a kept connection', async () => {
    let answered = 0
    const server = await serveHttp((_, response) => {
      answered++
      // the second call on this connection finds it reset
      if (answered === 2) response.socket?.resetAndDestroy()
      else response.end('"fine"')
    })
    const { ask } = await open(kubeconfigText(server.url, {}))
    expect(await ask()).toBe('fine')
    expect(await ask()).toBe('fine')
    expect(answered).toBe(3)
  })

  it('says which server cannot be reached', async () => {
    const { ask } = await open(kubeconfigText('http://127.0.0.1:1', {}))
    await expect(ask()).rejects.toMatchObject({
      code: 'ApiUnavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    })
  })

  it('tells the namespace of the context or of the pod', async () => {
    const text = kubeconfigText('http://127.0.0.1:1', {}).replace('"user":"test"}', '"user":"test","namespace":"flux"}')
    expect((await open(text)).connection.namespace).toBe('flux')
  })
})

describe('credentials', () => {
  it('are read again after a 401, and the call is repeated once (K13)', async () => {
    const state = { token: 'second', seen: [] as string[] }
    const server = await serveHttp(guarded(state))
    const { ask, path } = await open(kubeconfigText(server.url, { token: 'first' }))
    await writeFile(path, kubeconfigText(server.url, { token: 'second' }))
    await ask()
    expect(state.seen).toEqual(['Bearer first', 'Bearer second'])
  })

  it('that stay wrong are reported and not tried without end', async () => {
    const state = { token: 'other', seen: [] as string[] }
    const server = await serveHttp(guarded(state))
    const { ask, clock } = await open(kubeconfigText(server.url, { token: 'first' }))
    await expect(ask()).rejects.toMatchObject({ code: 'ApiUnauthorized' })
    await expect(ask()).rejects.toMatchObject({ code: 'ApiUnauthorized' })
    expect(state.seen).toHaveLength(3)
    await clock.advance(6_000)
    await expect(ask()).rejects.toMatchObject({ code: 'ApiUnauthorized' })
    expect(state.seen).toHaveLength(5)
  })

  it('stay when the new file is broken', async () => {
    const server = await serveHttp(guarded({ token: 'other', seen: [] }))
    const { ask, path } = await open(kubeconfigText(server.url, { token: 'first' }))
    await writeFile(path, '{')
    await expect(ask()).rejects.toMatchObject({ code: 'ApiUnauthorized' })
  })

  it('come from a token file beside the kubeconfig, without its newline, also after it was rotated', async () => {
    const state = { token: 'first', seen: [] as string[] }
    const server = await serveHttp(guarded(state))
    await writeFile(join(folder, 'token'), 'first\n')
    const { ask } = await open(kubeconfigText(server.url, { tokenFile: 'token', token: 'stale' }))
    await ask()
    state.token = 'rotated'
    await writeFile(join(folder, 'token'), 'rotated\n')
    await ask()
    expect(state.seen).toEqual(['Bearer first', 'Bearer first', 'Bearer rotated'])
  })

  it('come from a credential plug-in beside the kubeconfig, which runs once', async () => {
    const server = await serveHttp(echo)
    const plugin = join(folder, 'plugin')
    const credential = '{"kind":"ExecCredential","status":{"token":"from-plugin"}}'
    const script = `#!/bin/sh\necho run >> "${folder}/runs"\n[ -n "$KUBERNETES_EXEC_INFO" ] && echo '${credential}'\n`
    await writeFile(plugin, script)
    await chmod(plugin, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', interactiveMode: 'Never' }
    const { ask } = await open(kubeconfigText(server.url, { exec }))
    expect(await ask()).toBe('Bearer from-plugin')
    expect(await ask()).toBe('Bearer from-plugin')
    expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('run\n')
  })

  it('that a plug-in does not give are an error that shows nothing of it', async () => {
    const server = await serveHttp(echo)
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', 'echo hunter2 >&2; exit 1'],
    }
    const { ask } = await open(kubeconfigText(server.url, { exec }))
    await expect(ask()).rejects.toMatchObject({
      code: 'ApiUnauthorized',
      message: expect.not.stringContaining('hunter2'),
    })
  })

  it('of a plug-in that hangs are not waited for longer than the call may take', async () => {
    const server = await serveHttp(echo)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sleep', args: ['2'] }
    const { client } = await open(kubeconfigText(server.url, { exec }))
    await expect(client.request('GET', '/version', { timeoutMs: 50 })).rejects.toMatchObject({ code: 'Timeout' })
  })

  it('can be a name and a password', async () => {
    const server = await serveHttp(echo)
    const { ask } = await open(kubeconfigText(server.url, { username: 'me', password: 'pass' }))
    expect(await ask()).toBe(`Basic ${Buffer.from('me:pass').toString('base64')}`)
  })
})

describe('TLS', () => {
  const first = createCertificate('first')
  const second = createCertificate('second')

  it('trusts the CA file, also after server and file were rotated', async () => {
    const tls = createHttpsServer({ cert: first.cert, key: first.key }, echo)
    const server = await listen(tls, 'https')
    await writeFile(join(folder, 'ca.crt'), first.cert)
    const { ask } = await open(kubeconfigText(server.url, { token: 't' }, { 'certificate-authority': 'ca.crt' }))
    expect(await ask()).toBe('Bearer t')
    expect(await ask()).toBe('Bearer t')
    expect(server.connections).toBe(1)
    tls.setSecureContext({ cert: second.cert, key: second.key })
    tls.closeAllConnections()
    await expect(ask()).rejects.toMatchObject({ code: 'ApiUnavailable' })
    await writeFile(join(folder, 'ca.crt'), second.cert)
    expect(await ask()).toBe('Bearer t')
  })

  it('does not trust a certificate of nobody it knows', async () => {
    const server = await listen(createHttpsServer({ cert: first.cert, key: first.key }, echo), 'https')
    const caData = Buffer.from(second.cert).toString('base64')
    const { ask } = await open(kubeconfigText(server.url, {}, { 'certificate-authority-data': caData }))
    await expect(ask()).rejects.toMatchObject({ code: 'ApiUnavailable' })
  })

  it('shows its client certificate', async () => {
    const options = { cert: first.cert, key: first.key, requestCert: true, ca: second.cert }
    const server = await listen(
      createHttpsServer(options, (request, response) => {
        const { subject } = (request.socket as import('node:tls').TLSSocket).getPeerCertificate()
        response.end(JSON.stringify(subject.CN))
      }),
      'https',
    )
    const data = (text: string) => Buffer.from(text).toString('base64')
    const user = { 'client-certificate-data': data(second.cert), 'client-key-data': data(second.key) }
    const { ask } = await open(kubeconfigText(server.url, user, { 'certificate-authority-data': data(first.cert) }))
    expect(await ask()).toBe('second')
  })
})

describe('in a pod', () => {
  const outside = { host: process.env['KUBERNETES_SERVICE_HOST'], port: process.env['KUBERNETES_SERVICE_PORT'] }
  const setEnv = (host: string | undefined, port: string | undefined) => {
    for (const [key, value] of [
      ['KUBERNETES_SERVICE_HOST', host],
      ['KUBERNETES_SERVICE_PORT', port],
    ] as const) {
      if (value === undefined) delete process.env[key]
      else process.env[key] = value
    }
  }
  afterEach(() => setEnv(outside.host, outside.port))

  it('the mounted service account is used, and its token read again after a 401', async () => {
    const { cert, key } = createCertificate('kubernetes')
    const state = { token: 'one', seen: [] as string[] }
    const server = await listen(createHttpsServer({ cert, key }, guarded(state)), 'https')
    const mount = join(folder, 'var/run/secrets/kubernetes.io/serviceaccount')
    await mkdir(mount, { recursive: true })
    await writeFile(join(mount, 'ca.crt'), cert)
    await writeFile(join(mount, 'token'), 'one')
    await writeFile(join(mount, 'namespace'), 'fairlead')
    const { hostname, port } = new URL(server.url)
    setEnv(hostname, port)
    const { ask, connection } = await open('', { mountPrefix: folder })
    expect(connection.namespace).toBe('fairlead')
    await ask()
    state.token = 'two'
    await writeFile(join(mount, 'token'), 'two')
    await ask()
    expect(state.seen).toEqual(['Bearer one', 'Bearer one', 'Bearer two'])
  })

  it('without a service account it is said what to mount', async () => {
    setEnv('127.0.0.1', '6443')
    await expect(open('', { mountPrefix: folder })).rejects.toMatchObject({
      code: 'KubeconfigInvalid',
      message: expect.stringContaining('automountServiceAccountToken'),
    })
  })

  it('outside of a pod and without a kubeconfig it is said what to set', async () => {
    setEnv(undefined, undefined)
    await expect(open('')).rejects.toMatchObject({
      code: 'KubeconfigInvalid',
      message: expect.stringContaining('kubernetes.kubeconfig'),
    })
  })

  it('a kubeconfig that cannot be read is named', async () => {
    await expect(open('', { kubeconfig: join(folder, 'none') })).rejects.toMatchObject({
      code: 'KubeconfigInvalid',
      message: expect.stringContaining(join(folder, 'none')),
    })
  })
})

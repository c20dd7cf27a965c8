import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistry } from '../../src/adapters/registry/registry.ts'
import type { Http, ImageRepository } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import type { OciContent, OciImage } from '../fakes/oci-image.ts'
import { createFakeRegistry } from '../fakes/registry.ts'
import { type RegistryServerOptions, startRegistryServer } from '../fakes/registry-server.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { describeRegistry, type RegistryWorld } from './registry.ts'

const account = { username: 'robot', password: 's3cret' }

function adapter(host: string, folder: string) {
  const credentialsFile = join(folder, 'config.json')
  const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64')
  writeFileSync(credentialsFile, JSON.stringify({ auths: { [host]: { auth } } }))
  const hosts = [{ host, credentialsFile, insecure: true, requestsPerSecond: 10_000 }]
  const http = createHttp({ clock: systemClock, hosts: { [host]: { insecure: true } } })
  return { http, registry: createRegistry({ hosts }, { http, clock: systemClock, log: silentLog }) }
}

describeRegistry('fake', async () => {
  const registry = createFakeRegistry()
  return {
    registry,
    host: 'registry.example.com',
    push: async (image, tag, content, platforms) =>
      registry.push(image, tag, { digest: content.manifest.digest, platforms }),
    remove: async (image, tag) => registry.remove(image, tag),
    close: async () => {},
  }
})

function describeScripted(name: string, options: RegistryServerOptions): void {
  describeRegistry(`adapter, ${name}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-registry-'))
    const server = await startRegistryServer({ ...account, ...options })
    const { http, registry } = adapter(server.host, folder)
    return {
      registry,
      host: server.host,
      push: async (image, tag, content) => void server.push(image.repository, tag, content),
      remove: async (image, tag) => server.remove(image.repository, tag),
      async close() {
        http.close()
        await server.close()
        rmSync(folder, { recursive: true })
      },
    }
  })
}

describeScripted('bearer token and pages of ten with relative links', {
  auth: 'bearer',
  pageSize: 10,
  link: 'relative',
})
describeScripted('basic authentication and pages of ten with absolute links', {
  auth: 'basic',
  pageSize: 10,
  link: 'absolute',
})
describeScripted('a registry that takes no page size and sends no digests', { largestN: 0, sendDigestHeader: false })

/** The CNCF distribution registry, where it is installed: Debian's package docker-registry. */
const binary = '/usr/bin/docker-registry'
if (existsSync(binary)) describeRegistry('adapter, real docker-registry with htpasswd', () => startDistribution(binary))

async function startDistribution(program: string): Promise<RegistryWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-distribution-'))
  const host = `127.0.0.1:${await freePort()}`
  // bcrypt of the password above, with a fixed salt.
  writeFileSync(join(folder, 'htpasswd'), `robot:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n`)
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: host },
    auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
  }
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config))
  const child = spawn(program, ['serve', join(folder, 'config.yml')], { stdio: 'ignore', env: {} })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const { http, registry } = adapter(host, folder)
  await untilUp(http, host)
  return {
    registry,
    host,
    push: (image, tag, content) => upload(http, image, tag, content),
    async close() {
      http.close()
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

async function untilUp(http: Http, host: string): Promise<void> {
  for (let tried = 0; tried < 100; tried++) {
    const up = await http.request({ method: 'GET', url: `http://${host}/v2/` }).catch(() => undefined)
    if (up !== undefined) return
    await systemClock.sleep(50)
  }
  throw new Error('docker-registry did not start within five seconds')
}

const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`
const uploaded = new Set<string>()

async function upload(http: Http, image: ImageRepository, tag: string, content: OciImage): Promise<void> {
  const base = `http://${image.registry}/v2/${image.repository}`
  for (const blob of content.blobs) {
    const key = `${base} ${blob.digest}`
    if (uploaded.has(key)) continue
    const started = await http.request({ method: 'POST', url: `${base}/blobs/uploads/`, headers: { authorization } })
    const target = new URL(started.headers.location ?? '', base)
    target.searchParams.set('digest', blob.digest)
    await put(http, target.href, { ...blob, mediaType: 'application/octet-stream' })
    uploaded.add(key)
  }
  for (const child of content.children) await put(http, `${base}/manifests/${child.digest}`, child)
  await put(http, `${base}/manifests/${tag}`, content.manifest)
}

async function put(http: Http, url: string, { bytes, mediaType }: OciContent): Promise<void> {
  const headers = { authorization, 'content-type': mediaType }
  const answer = await http.request({ method: 'PUT', url, headers, body: bytes })
  if (answer.status !== 201) throw new Error(`upload refused: ${answer.status} ${Buffer.from(answer.body).toString()}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

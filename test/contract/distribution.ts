import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Http, ImageRepository } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { OciContent, OciImage } from '../fakes/oci-image.ts'

/** The CNCF distribution registry, where it is installed: Debian's package docker-registry. */
const program = '/usr/bin/docker-registry'
export const hasDistribution = existsSync(program)

export const account = { username: 'robot', password: 's3cret' }
/** bcrypt of the password above, with a fixed salt. */
const htpasswd = 'robot:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n'
const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`

export interface Distribution {
  host: string
  push(image: ImageRepository, tag: string, content: OciImage): Promise<void>
  stop(): Promise<void>
}

/** Starts the real registry on a free loopback port with basic authentication; `extra` goes into its configuration. */
export async function startDistribution(http: Http, extra: object = {}): Promise<Distribution> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-distribution-'))
  const host = `127.0.0.1:${await freePort()}`
  writeFileSync(join(folder, 'htpasswd'), htpasswd)
  const config = {
    version: '0.1',
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') } },
    http: { addr: host },
    auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
    ...extra,
  }
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config))
  const child = spawn(program, ['serve', join(folder, 'config.yml')], { stdio: 'ignore', env: {} })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await untilUp(http, host)
  const push = createUpload(http)
  return {
    host,
    push,
    async stop() {
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

/** Pushes images with plain HTTP requests, as any client would. */
export function createUpload(http: Http) {
  const uploaded = new Set<string>()

  return async (image: ImageRepository, tag: string, content: OciImage): Promise<void> => {
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

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistries } from '../../src/adapters/registry/registry.ts'
import type { ImageRepository } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { startRegistry } from '../../src/sandbox/registry/registry.ts'
import { generateKey, signatureTag, simplePayload, simpleSignatures } from '../fakes/cosign.ts'
import type { OciImage } from '../fakes/oci-image.ts'
import { createFakeRegistry } from '../fakes/registry.ts'
import { type RegistryServerOptions, startRegistryServer } from '../fakes/registry-server.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { account, createUpload, hasDistribution, startDistribution } from './distribution.ts'
import { describeRegistry } from './registry.ts'

const release = generateKey('ecdsa-p256')
const another = generateKey('ed25519')

function adapter(host: string, folder: string) {
  const keys = Object.entries({ release, another }).map(([name, { publicPem }]) => {
    const publicKeyFile = join(folder, `${name}.pub`)
    writeFileSync(publicKeyFile, publicPem)
    return { name, publicKeyFile }
  })
  const credentialsFile = join(folder, 'config.json')
  const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64')
  writeFileSync(credentialsFile, JSON.stringify({ auths: { [host]: { auth } } }))
  const hosts = [{ host, credentialsFile, insecure: true, requestsPerSecond: 10_000 }]
  const http = createHttp({ clock: systemClock, hosts: { [host]: { insecure: true } } })
  return { http, registry: createRegistries({ hosts, keys }, { http, clock: systemClock, log: silentLog }).registry }
}

/** By pushing what cosign would push. */
const signing = (push: (image: ImageRepository, tag: string, content: OciImage) => Promise<unknown>) => ({
  async sign(image: ImageRepository, digest: string) {
    await push(image, signatureTag(digest), simpleSignatures([{ key: release, payload: simplePayload(digest) }]))
  },
})

describeRegistry('fake', async () => {
  const registry = createFakeRegistry()
  return {
    registry,
    host: 'registry.example.com',
    push: async (image, tag, content, { platforms, builtAt, source }) =>
      registry.push(image, tag, {
        digest: content.manifest.digest,
        platforms,
        ...(builtAt === undefined ? {} : { builtAt }),
        ...(source === undefined ? {} : { source }),
      }),
    remove: async (image, tag) => registry.remove(image, tag),
    sign: async (image, digest) => registry.sign(image, digest, 'release'),
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
      ...signing(async (image, tag, content) => server.push(image.repository, tag, content)),
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

describeRegistry('adapter, sandbox registry', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-registry-'))
  const uploads = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
  const sandbox = await startRegistry()
  const { http, registry } = adapter(sandbox.host, folder)
  return {
    registry,
    host: sandbox.host,
    push: createUpload(uploads),
    ...signing(createUpload(uploads)),
    remove: async (image, tag) => sandbox.deleteTag(image.repository, tag),
    async close() {
      http.close()
      uploads.close()
      await sandbox.close()
      rmSync(folder, { recursive: true })
    },
  }
})

if (hasDistribution) {
  describeRegistry('adapter, real docker-registry with htpasswd', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-registry-'))
    const uploads = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
    const distribution = await startDistribution(uploads)
    const { http, registry } = adapter(distribution.host, folder)
    return {
      registry,
      host: distribution.host,
      push: distribution.push,
      ...signing(distribution.push),
      async close() {
        http.close()
        uploads.close()
        await distribution.stop()
        rmSync(folder, { recursive: true })
      },
    }
  })
}

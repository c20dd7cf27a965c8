import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Hint } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { createWebhookServer } from '../../src/server/webhook/webhook.ts'
import { buildImage } from '../fakes/oci-image.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { hasDistribution, startDistribution } from './distribution.ts'

const folder = mkdtempSync(join(tmpdir(), 'fairlead-notification-'))
afterAll(() => rmSync(folder, { recursive: true }))

it.skipIf(!hasDistribution)(
  'the real docker-registry tells our webhook of every tag pushed, and of nothing else',
  async () => {
    const secretFile = join(folder, 'secret')
    writeFileSync(secretFile, 'shared-secret')
    const hints: Hint[] = []
    let three = () => {}
    const arrived = new Promise<void>((resolve) => {
      three = resolve
    })
    const server = createWebhookServer({
      listen: '127.0.0.1:0',
      receivers: [{ name: 'registry', type: 'registry', auth: 'header', secretFile }],
      clock: systemClock,
      log: silentLog,
      isLeader: () => true,
      repository: () => undefined,
      accept(more) {
        hints.push(...more)
        if (hints.length === 3) three()
      },
    })
    const { port } = await server.start()
    const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
    const url = `http://127.0.0.1:${port}/webhook/registry`
    const headers = { Authorization: ['Bearer shared-secret'] }
    const endpoint = { name: 'fairlead', url, headers, timeout: '1s', threshold: 3, backoff: '1s' }
    const distribution = await startDistribution(http, { notifications: { endpoints: [endpoint] } })
    try {
      const image = { registry: distribution.host, repository: 'team/app' }
      await distribution.push(image, '1.0.0', buildImage(['linux/amd64']))
      await distribution.push(image, '1.1.0', buildImage(['linux/amd64', 'linux/arm64']))
      await distribution.push(image, '1.0.0', buildImage(['linux/amd64'], { salt: 'moved' }))
      await arrived
      expect(hints).toEqual(['1.0.0', '1.1.0', '1.0.0'].map((tag) => ({ ...image, tag, receiver: 'registry' })))
    } finally {
      await distribution.stop()
      http.close()
      await server.stop(1000)
    }
  },
)

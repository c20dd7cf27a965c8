import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startComponent } from './component.ts'
import type { Surroundings } from './control-plane.ts'
import { eventually } from './eventually.ts'
import { freePort } from './port.ts'

/** Where the registry tells about pushes. */
export interface Endpoint {
  url: string
  token: string
}

/** docker-registry (distribution 2.8) over plain HTTP; returns its `host:port`. */
export async function startRegistry({ dir, components }: Surroundings, endpoint: Endpoint): Promise<string> {
  const host = `127.0.0.1:${await freePort()}`
  const storage = join(dir, 'registry')
  await mkdir(storage)
  const config = {
    version: '0.1',
    log: { accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: host },
    notifications: {
      endpoints: [
        {
          name: 'fairlead',
          url: endpoint.url,
          headers: { Authorization: [`Bearer ${endpoint.token}`] },
          timeout: '2s',
          threshold: 3,
          backoff: '1s',
          ignoredmediatypes: ['application/octet-stream'],
          ignore: { actions: ['pull'] },
        },
      ],
    },
  }
  await writeFile(join(dir, 'registry.yaml'), JSON.stringify(config))
  const args = ['serve', join(dir, 'registry.yaml')]
  const registry = startComponent({ name: 'docker-registry', file: 'docker-registry', args, dir })
  components.push(registry)
  await eventually('docker-registry answers', async () => ((await fetch(`http://${host}/v2/`)).ok ? true : undefined), {
    watched: [registry],
  })
  return host
}

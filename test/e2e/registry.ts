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

/** What differs from one registry to the next. */
export interface RegistrySettings {
  name: string
  /** Who is told about pushes; nobody by default. */
  endpoint?: Endpoint
  /** A line of an htpasswd file with a bcrypt hash; without it everybody may pull and push. */
  htpasswd?: string
}

/** docker-registry (distribution 2.8) over plain HTTP; returns its `host:port`. */
export async function startRegistry(
  { dir, components }: Pick<Surroundings, 'dir' | 'components'>,
  { name, endpoint, htpasswd }: RegistrySettings,
): Promise<string> {
  const host = `127.0.0.1:${await freePort()}`
  const storage = join(dir, name)
  await mkdir(storage)
  if (htpasswd !== undefined) await writeFile(join(dir, `${name}.htpasswd`), `${htpasswd}\n`)
  const config = {
    version: '0.1',
    log: { accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: host },
    ...(htpasswd === undefined ? {} : { auth: { htpasswd: { realm: 'e2e', path: join(dir, `${name}.htpasswd`) } } }),
    ...(endpoint === undefined ? {} : { notifications: { endpoints: [notificationsTo(endpoint)] } }),
  }
  await writeFile(join(dir, `${name}.yaml`), JSON.stringify(config))
  const args = ['serve', join(dir, `${name}.yaml`)]
  const registry = startComponent({ name, file: 'docker-registry', args, dir })
  components.push(registry)
  const wanted = htpasswd === undefined ? 200 : 401
  await eventually(
    `${name} answers ${wanted}`,
    async () => ((await fetch(`http://${host}/v2/`)).status === wanted ? true : undefined),
    { watched: [registry] },
  )
  return host
}

function notificationsTo({ url, token }: Endpoint) {
  return {
    name: 'fairlead',
    url,
    headers: { Authorization: [`Bearer ${token}`] },
    timeout: '2s',
    threshold: 3,
    backoff: '1s',
    ignoredmediatypes: ['application/octet-stream'],
    ignore: { actions: ['pull'] },
  }
}

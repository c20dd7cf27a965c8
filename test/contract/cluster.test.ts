import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '../../src/adapters/kubernetes/client.ts'
import { createCluster } from '../../src/adapters/kubernetes/cluster.ts'
import { createConnection } from '../../src/adapters/kubernetes/connection.ts'
import { createLeaseLock } from '../../src/adapters/kubernetes/lease.ts'
import { createOwnObjects } from '../../src/adapters/kubernetes/own-object.ts'
import { objectPath } from '../../src/adapters/kubernetes/path.ts'
import { type KubernetesObject, type Resource, resources } from '../../src/api/kubernetes.ts'
import { FairleadError } from '../../src/errors.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { type FakeApiServer, isWatch, sendStatus, startApiServer } from '../fakes/api-server.ts'
import { createFakeCluster } from '../fakes/cluster.ts'
import type { ObjectStore } from '../fakes/object-store.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { type ClusterWorld, describeCluster } from './cluster.suite.ts'

const kinds = [resources.deployment, resources.updateRequest, resources.lease, resources.event]

describeCluster('fake cluster', { namespace: 'shop', missesChanges: true }, async () => {
  const fake = createFakeCluster(kinds)
  return {
    ...fake,
    ...hand(fake.objects),
    async unseen(work) {
      await quietly(fake.objects, work)
      fake.relist()
    },
    close: async () => undefined,
  }
})

for (const watchList of [false, true]) {
  const name = `adapter on a scripted API server, WatchList ${watchList ? 'on' : 'off'}`
  describeCluster(name, { namespace: 'shop', missesChanges: true }, async () => {
    const server = await startApiServer(kinds)
    server.watchList = watchList
    return adapterOn(server)
  })
}

// a real API server with fairlead's kinds installed, of which the kubeconfig's user is the admin
const realKubeconfig = process.env['KUBECONFIG_E2E']
if (realKubeconfig !== undefined) {
  const namespace = 'fairlead-contract'
  const settings = { namespace, missesChanges: false }
  describeCluster('adapter on a real API server', settings, () => openReal(realKubeconfig, namespace))
}

/** The adapter as it is wired in the program. */
function openAdapter(kubeconfig: string) {
  const connection = createConnection({ kubeconfig, context: '' }, systemClock)
  const client = createClient(connection, 'fairlead/test')
  return {
    connection,
    client,
    cluster: createCluster({ client, clock: systemClock, log: silentLog, random: () => 0 }),
    own: createOwnObjects(client),
    lease: (namespace: string, name: string) => createLeaseLock(client, { namespace, name }),
  }
}

async function adapterOn(server: FakeApiServer): Promise<ClusterWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-cluster-'))
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, kubeconfigFor(server.url))
  const adapter = openAdapter(kubeconfig)
  return {
    ...adapter,
    ...hand(server.objects),
    async unseen(work, form) {
      await server.watching()
      const [watch] = server.watches
      await quietly(server.objects, work)
      const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }
      if (form === 'event') watch?.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
      else {
        server.once(isWatch, (_, response) => sendStatus(response, 410, 'Expired'))
        watch?.end()
      }
    },
    async close() {
      adapter.connection.close()
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function openReal(kubeconfig: string, namespace: string): Promise<ClusterWorld> {
  const adapter = openAdapter(kubeconfig)
  const { client } = adapter
  const collection = (resource: Resource) => objectPath(resource, { namespace, name: '' })
  await unlessTaken(client.request('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } }))
  for (const resource of [resources.deployment, resources.updateRequest, resources.lease]) {
    await client.request('DELETE', collection(resource))
  }
  return {
    ...adapter,
    async put(resource, object) {
      const created = await unlessTaken(client.request('POST', collection(resource), { body: object }))
      const path = objectPath(resource, { namespace, name: object.metadata.name })
      if (created === undefined) await client.request('PUT', path, { body: object })
    },
    async remove(resource, _, name) {
      await client.request('DELETE', objectPath(resource, { namespace, name }))
    },
    close: async () => adapter.connection.close(),
  }
}

async function unlessTaken(request: Promise<unknown>): Promise<unknown> {
  try {
    return await request
  } catch (error) {
    if (error instanceof FairleadError && error.code === 'ApiConflict') return undefined
    throw error
  }
}

function hand(objects: ObjectStore): Pick<ClusterWorld, 'put' | 'remove'> {
  return {
    async put(resource: Resource, object: KubernetesObject) {
      const { namespace = '', name } = object.metadata
      if (objects.get(resource, namespace, name) === undefined) objects.create(resource, object)
      else objects.update(resource, object, 'object')
    },
    remove: async (resource, namespace, name) => objects.remove(resource, namespace, name),
  }
}

async function quietly(objects: ObjectStore, work: () => Promise<void>): Promise<void> {
  let done: Promise<void> | undefined
  objects.unseen(() => {
    done = work()
  })
  await done
  objects.forgetHistory()
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user: { token: 'secret' } }],
  })
}

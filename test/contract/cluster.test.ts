import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KubernetesObject, type Resource, resources } from '../../src/api/kubernetes.ts'
import { type FakeApiServer, isWatch, sendStatus, startApiServer } from '../fakes/api-server.ts'
import { createFakeCluster } from '../fakes/cluster.ts'
import type { ObjectStore } from '../fakes/object-store.ts'
import { type ClusterWorld, describeCluster } from './cluster.suite.ts'
import { openAdapter } from './cluster-adapter.ts'

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

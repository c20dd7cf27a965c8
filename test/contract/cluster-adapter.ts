import { createClient } from '../../src/adapters/kubernetes/client.ts'
import { createCluster } from '../../src/adapters/kubernetes/cluster.ts'
import { createConnection } from '../../src/adapters/kubernetes/connection.ts'
import { createLeaseLock } from '../../src/adapters/kubernetes/lease.ts'
import { createOwnObjects } from '../../src/adapters/kubernetes/own-object.ts'
import { objectPath } from '../../src/adapters/kubernetes/path.ts'
import { type Resource, resources } from '../../src/api/kubernetes.ts'
import { FairleadError } from '../../src/errors.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { silentLog } from '../fakes/silent-log.ts'
import type { ClusterWorld } from './cluster.suite.ts'

/** The adapter as it is wired in the program. */
export function openAdapter(kubeconfig: string, labelSelectorOf?: (resource: Resource) => string | undefined) {
  const connection = createConnection({ kubeconfig, context: '' }, systemClock)
  const client = createClient(connection, 'fairlead/test')
  return {
    connection,
    client,
    cluster: createCluster({
      client,
      clock: systemClock,
      log: silentLog,
      random: () => 0,
      ...(labelSelectorOf && { labelSelectorOf }),
    }),
    own: createOwnObjects(client),
    lease: (namespace: string, name: string) => createLeaseLock(client, { namespace, name }),
  }
}

/** A real API server with fairlead's kinds installed, of which the kubeconfig's user is the admin. */
export async function openReal(kubeconfig: string, namespace: string): Promise<ClusterWorld> {
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

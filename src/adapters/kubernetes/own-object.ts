import type { KubernetesObject, Resource } from '../../api/kubernetes.ts'
import { FairleadError } from '../../errors.ts'
import type { OwnObjects } from '../../ports.ts'
import type { ApiClient } from './client.ts'
import { unlessMissing } from './cluster.ts'
import { expectObject } from './object.ts'
import { actionOf, objectPath, type Place } from './path.ts'

/** Writes fairlead's own kinds. A status sent on create is dropped by the API server; send it with `updateStatus`. */
export function createOwnObjects(client: ApiClient): OwnObjects {
  const write = async (
    how: { method: 'POST' | 'PUT'; verb: string; place: Place },
    resource: Resource,
    object: KubernetesObject,
  ) => {
    const { namespace } = how.place
    // the name of an object that is created stands in its body only, but belongs into the error
    const path = objectPath(resource, how.method === 'POST' ? { namespace, name: '' } : how.place)
    const action = actionOf(how.verb, resource, how.place)
    return expectObject(await client.request(how.method, path, { action, body: object }), resource, action)
  }

  return {
    create: (resource, object) => write({ method: 'POST', verb: 'create', place: placeOf(object) }, resource, object),
    async updateStatus(resource, object) {
      const place: Place = { ...placeOf(object), subresource: 'status' }
      if ((object.metadata.resourceVersion ?? '') === '') {
        const action = actionOf('update', resource, place)
        throw new FairleadError('Internal', `cannot ${action}: metadata.resourceVersion is not set`)
      }
      return write({ method: 'PUT', verb: 'update', place }, resource, object)
    },
    async delete(resource, namespace, name) {
      const place = { namespace, name }
      const action = actionOf('delete', resource, place)
      await unlessMissing(client.request('DELETE', objectPath(resource, place), { action }))
    },
  }
}

function placeOf(object: KubernetesObject): Place {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name }
}

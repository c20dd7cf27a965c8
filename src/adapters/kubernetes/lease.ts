import { type KubernetesObject, resources } from '../../api/kubernetes.ts'
import { count, field, strings, text } from '../../core/workload/field.ts'
import { FairleadError } from '../../errors.ts'
import type { Lease, LeaseLock } from '../../ports.ts'
import type { ApiClient } from './client.ts'
import { unlessMissing } from './cluster.ts'
import { expectObject } from './object.ts'
import { actionOf, objectPath } from './path.ts'

/** Shorter than a leader's renew deadline, so that one lost answer does not cost the lease. */
const timeoutMs = 4_000

/** One Lease of coordination.k8s.io, replaced by compare-and-swap on its resourceVersion. */
export function createLeaseLock(client: ApiClient, place: { namespace: string; name: string }): LeaseLock {
  const resource = resources.lease
  const collection = objectPath(resource, { namespace: place.namespace, name: '' })
  // labels and owners that others have put on the object survive our writes
  let others: Partial<KubernetesObject['metadata']> = {}

  const read = (raw: unknown, action: string): Lease => {
    const object = expectObject(raw, resource, action)
    const { labels, ownerReferences } = object.metadata
    others = {
      ...(labels === undefined ? {} : { labels }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    }
    return readLease(object)
  }

  return {
    async read() {
      const action = actionOf('get', resource, place)
      const found = await unlessMissing(client.request('GET', objectPath(resource, place), { action, timeoutMs }))
      return found === undefined ? undefined : read(found, action)
    },
    async write(lease) {
      const creates = lease.resourceVersion === ''
      const action = actionOf(creates ? 'create' : 'update', resource, place)
      const body = renderLease(lease, { ...place, ...others })
      if (creates) return read(await client.request('POST', collection, { action, body, timeoutMs }), action)
      const written = await unlessMissing(
        client.request('PUT', objectPath(resource, place), { action, body, timeoutMs }),
      )
      if (written !== undefined) return read(written, action)
      throw new FairleadError('ApiConflict', `cannot ${action}: the lease was deleted; read it again`)
    },
  }
}

function readLease(object: KubernetesObject): Lease {
  const { metadata, spec } = object
  return {
    resourceVersion: metadata.resourceVersion ?? '',
    holder: text(spec, 'holderIdentity') ?? '',
    durationSeconds: count(spec, 'leaseDurationSeconds') ?? 0,
    acquireTime: text(spec, 'acquireTime') ?? '',
    renewTime: text(spec, 'renewTime') ?? '',
    transitions: count(spec, 'leaseTransitions') ?? 0,
    annotations: strings(field(metadata, 'annotations')),
  }
}

function renderLease(lease: Lease, metadata: KubernetesObject['metadata']): KubernetesObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...metadata,
      annotations: lease.annotations,
      ...(lease.resourceVersion === '' ? {} : { resourceVersion: lease.resourceVersion }),
    },
    spec: {
      // an empty holder is not valid; absent means that nobody holds it
      ...(lease.holder === '' ? {} : { holderIdentity: lease.holder }),
      leaseDurationSeconds: Math.max(1, lease.durationSeconds),
      ...(lease.acquireTime === '' ? {} : { acquireTime: microTime(lease.acquireTime) }),
      ...(lease.renewTime === '' ? {} : { renewTime: microTime(lease.renewTime) }),
      leaseTransitions: lease.transitions,
    },
  }
}

/** metav1.MicroTime always has six digits of a second. */
function microTime(time: string): string {
  const [, seconds, fraction = ''] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? []
  return seconds === undefined ? time : `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`
}

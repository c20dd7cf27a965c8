import type { KubernetesObject, Resource } from '../../api/kubernetes.ts'
import { field, list, text } from '../../core/workload/field.ts'
import { FairleadError } from '../../errors.ts'
import type { Cluster, Selection } from '../../ports.ts'
import type { ApiClient } from './client.ts'
import { expectObject } from './object.ts'
import { actionOf, groupPath, objectPath } from './path.ts'
import { follow, type ReflectorOptions } from './reflector.ts'

/** The cluster behind an API client. */
export function createCluster(options: ReflectorOptions): Cluster {
  const { client } = options
  return {
    discover: (resource) => discover(client, resource),
    follow: (resource, shape, observer, signal) => follow(options, { resource, shape, observer }, signal),
    async get(resource, namespace, name) {
      const place = { namespace, name }
      const action = actionOf('get', resource, place)
      const found = await unlessMissing(client.request('GET', objectPath(resource, place), { action }))
      return found === undefined ? undefined : expectObject(found, resource, action)
    },
    list: (resource, selection) => listSome(client, resource, selection),
    async may(verb, resource, namespace) {
      const answer = await client.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        action: 'create selfsubjectaccessreviews.authorization.k8s.io',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: {
              verb,
              group: resource.group,
              resource: resource.plural,
              ...(namespace === undefined ? {} : { namespace }),
            },
          },
        },
      })
      return field(field(answer, 'status'), 'allowed') === true
    },
  }
}

const lookTimeoutMs = 5_000

async function listSome(
  client: ApiClient,
  resource: Resource,
  { namespace, labels = {}, fields = {}, limit }: Selection,
): Promise<readonly KubernetesObject[]> {
  const place = { namespace, name: '' }
  const action = actionOf('list', resource, place)
  const answer = await client.request('GET', objectPath(resource, place), {
    action,
    query: { limit, labelSelector: selector(labels), fieldSelector: selector(fields) },
    timeoutMs: lookTimeoutMs,
  })
  const items = list(field(answer, 'items')).slice(0, limit)
  return items.map((item) => expectObject(item, resource, action))
}

function selector(wanted: Readonly<Record<string, string>>): string | undefined {
  const parts = Object.entries(wanted).map(([name, value]) => `${name}=${value}`)
  return parts.length === 0 ? undefined : parts.join(',')
}

async function discover(client: ApiClient, resource: Resource): Promise<Resource | undefined> {
  for (const version of await servedVersions(client, resource)) {
    const path = groupPath({ group: resource.group, version })
    const served = await unlessMissing(client.request('GET', path, { action: `discover ${path}` }))
    const found = list(field(served, 'resources')).find(
      (one) => text(one, 'kind') === resource.kind && text(one, 'name')?.includes('/') === false,
    )
    const plural = text(found, 'name')
    if (plural !== undefined) {
      return { ...resource, version, plural, namespaced: field(found, 'namespaced') === true }
    }
  }
  return undefined
}

/** Versions of the group, the preferred one first; none when the group is not installed. */
async function servedVersions(client: ApiClient, resource: Resource): Promise<readonly string[]> {
  if (resource.group === '') return [resource.version]
  const path = `/apis/${resource.group}`
  const group = await unlessMissing(client.request('GET', path, { action: `discover ${path}` }))
  const preferred = text(field(group, 'preferredVersion'), 'version')
  const versions = list(field(group, 'versions')).map((one) => text(one, 'version') ?? '')
  return [...new Set([preferred ?? '', ...versions])].filter((version) => version !== '')
}

/** 404 is an answer here, not a failure. */
export async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof FairleadError && error.code === 'ApiNotFound') return undefined
    throw error
  }
}

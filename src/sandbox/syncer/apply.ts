import { type Fields, fieldsAt, listAt, textAt } from '../json.ts'
import { ApiCallFailed, type ApiClient, type ServedResource } from './api-client.ts'
import { type InventoryEntry, inventoryEntry, parseInventoryEntry } from './inventory.ts'
import { withNamespace } from './kustomize-transform.ts'

/** Applied before everything else, so that what needs them finds them. */
const firstKinds = ['CustomResourceDefinition', 'Namespace', 'ClusterRole']

/**
 * Applies in two stages, each of them checked as a whole by a dry run before anything of it is written. Returns the
 * inventory. Throws with Flux' words for the object that was refused.
 */
export async function applyAll(api: ApiClient, objects: readonly Fields[], owner: Fields): Promise<InventoryEntry[]> {
  const target = textAt(owner, 'spec', 'targetNamespace')
  const placed = objects.map((object) => withOwnerLabels(target === '' ? object : withNamespace(object, target), owner))
  const isFirst = (object: Fields) => firstKinds.includes(textAt(object, 'kind'))
  for (const stage of [placed.filter(isFirst), placed.filter((object) => !isFirst(object))]) {
    for (const object of stage) await applyOne(api, object, true)
    for (const object of stage) await applyOne(api, object, false)
  }
  return placed.map(inventoryEntry).sort((a, b) => (a.id < b.id ? -1 : 1))
}

async function applyOne(api: ApiClient, object: Fields, dryRun: boolean): Promise<void> {
  const [apiVersion, kind] = [textAt(object, 'apiVersion'), textAt(object, 'kind')]
  const namespace = textAt(object, 'metadata', 'namespace')
  const label = [kind, namespace, textAt(object, 'metadata', 'name')].filter((part) => part !== '').join('/')
  const resource = await api.resourceOf(apiVersion, kind)
  if (resource === undefined) {
    throw new Error(`${label} dry-run failed: no matches for kind "${kind}" in version "${apiVersion}"`)
  }
  if (resource.namespaced && namespace === '') {
    throw new Error(`${label} namespace not specified: the server could not find the requested resource`)
  }
  if (annotation(object, 'kustomize.toolkit.fluxcd.io/reconcile') === 'disabled') return
  try {
    await api.apply(resource, object, dryRun)
  } catch (thrown) {
    if (!(thrown instanceof ApiCallFailed)) throw thrown
    const how = dryRun ? 'dry-run failed' : 'apply failed'
    throw new Error(`${label} ${how} (${thrown.reason}): ${thrown.message}`)
  }
}

function annotation(object: Fields, key: string): string {
  return textAt(object, 'metadata', 'annotations', key) || textAt(object, 'metadata', 'labels', key)
}

function withOwnerLabels(object: Fields, owner: Fields): Fields {
  const metadata = fieldsAt(object, 'metadata')
  const labels = {
    ...fieldsAt(metadata, 'labels'),
    'kustomize.toolkit.fluxcd.io/name': textAt(owner, 'metadata', 'name'),
    'kustomize.toolkit.fluxcd.io/namespace': textAt(owner, 'metadata', 'namespace'),
  }
  return { ...object, metadata: { ...metadata, labels } }
}

/** Deletes what the inventory no longer lists, unless the object itself says that it is not to be pruned. */
export async function pruneAll(api: ApiClient, gone: readonly unknown[]): Promise<void> {
  for (const entry of gone) {
    const found = await readEntry(api, entry)
    if (found === undefined) continue
    if (annotation(found.object, 'kustomize.toolkit.fluxcd.io/prune') === 'disabled') continue
    await api.remove(
      found.resource,
      textAt(found.object, 'metadata', 'namespace'),
      textAt(found.object, 'metadata', 'name'),
    )
  }
}

/** The live object behind an inventory entry. */
export async function readEntry(
  api: ApiClient,
  entry: unknown,
): Promise<{ resource: ServedResource; object: Fields } | undefined> {
  const parsed = parseInventoryEntry(entry)
  const resource = parsed === undefined ? undefined : await api.resourceOf(parsed.apiVersion, parsed.kind)
  if (parsed === undefined || resource === undefined) return undefined
  const object = await api.get(resource, parsed.namespace, parsed.name)
  return object === undefined ? undefined : { resource, object }
}

/** The inventory entries of `spec.healthChecks`, for a run without `wait`. */
export function healthCheckEntries(owner: Fields): InventoryEntry[] {
  return listAt(owner, 'spec', 'healthChecks').map((check) => {
    const { apiVersion, kind, name, namespace } = fieldsAt({ check }, 'check')
    return inventoryEntry({ apiVersion, kind, metadata: { name, namespace } })
  })
}

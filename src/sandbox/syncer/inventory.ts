import { type Fields, listAt, textAt } from '../json.ts'

/** One applied object in a Kustomization's inventory. */
export interface InventoryEntry {
  /** `<namespace>_<name>_<group>_<kind>` */
  id: string
  /** Version of the API it was applied in. */
  v: string
}

export function inventoryEntry(object: Fields): InventoryEntry {
  const apiVersion = textAt(object, 'apiVersion')
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const { namespace, name } = {
    namespace: textAt(object, 'metadata', 'namespace'),
    name: textAt(object, 'metadata', 'name'),
  }
  return { id: `${namespace}_${name.replaceAll(':', '__')}_${group}_${textAt(object, 'kind')}`, v: version ?? '' }
}

/** Undefined for an entry that is not in this grammar. */
export function parseInventoryEntry(
  entry: unknown,
): { apiVersion: string; kind: string; namespace: string; name: string } | undefined {
  const match = /^([^_]*)_(.*)_([^_]*)_([^_]*)$/.exec(textAt(entry, 'id'))
  if (match === null) return undefined
  const [, namespace = '', name = '', group = '', kind = ''] = match
  const version = textAt(entry, 'v')
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    namespace,
    name: name.replaceAll('__', ':'),
  }
}

/** What `before` lists and `after` does not. */
export function goneEntries(kustomization: unknown, after: readonly InventoryEntry[]): unknown[] {
  const kept = new Set(after.map((entry) => entry.id))
  return listAt(kustomization, 'status', 'inventory', 'entries').filter((entry) => !kept.has(textAt(entry, 'id')))
}

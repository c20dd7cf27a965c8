import type { Resource } from '../../api/kubernetes.ts'

/** Where an object or a collection is; empty `namespace` = all of them, empty `name` = the collection. */
export interface Place {
  namespace: string
  name: string
  subresource?: 'status'
}

/** `/apis/apps/v1`, or `/api/v1` for the core group. */
export function groupPath(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
}

/** Path of a collection or an object. Names are escaped: they may come from a manifest. */
export function objectPath(resource: Resource, place: Place): string {
  const parts = [groupPath(resource)]
  if (resource.namespaced && place.namespace !== '') parts.push('namespaces', encodeURIComponent(place.namespace))
  parts.push(resource.plural)
  if (place.name !== '') parts.push(encodeURIComponent(place.name))
  if (place.subresource !== undefined) parts.push(place.subresource)
  return parts.join('/')
}

/** The call in the words of RBAC, e.g. `update updaterequests.fairlead.dev/status shop/web`. */
export function actionOf(verb: string, resource: Resource, place: Place): string {
  const group = resource.group === '' ? '' : `.${resource.group}`
  const subresource = place.subresource === undefined ? '' : `/${place.subresource}`
  const object = [place.namespace, place.name].filter((part) => part !== '').join('/')
  return `${verb} ${resource.plural}${group}${subresource}${object === '' ? '' : ` ${object}`}`
}

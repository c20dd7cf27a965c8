import { parseAllDocuments } from 'yaml'
import { type Fields, fieldsAt, isFields, listAt, numberAt, textAt, valueAt } from '../json.ts'
import { jsonPatch } from '../kubernetes/json-patch.ts'
import { strategicMergePatch } from '../kubernetes/merge.ts'

/** Applies the transformers of one kustomization, in kustomize's order: patches, namespace, names, replicas, images. */
export function transform(objects: readonly Fields[], kustomization: Fields, read: (file: string) => string): Fields[] {
  const namespace = textAt(kustomization, 'namespace')
  const prefix = textAt(kustomization, 'namePrefix')
  const suffix = textAt(kustomization, 'nameSuffix')
  const patched = listAt(kustomization, 'patches').reduce<readonly Fields[]>(
    (all, patch) => applyPatch(all, patch, read),
    objects,
  )
  return patched
    .map((object) => (namespace === '' ? object : withNamespace(object, namespace)))
    .map((object) => rename(object, prefix, suffix))
    .map((object) => scale(object, listAt(kustomization, 'replicas'), prefix, suffix))
    .map((object) => withImages(object, listAt(kustomization, 'images')))
}

const clusterKinds = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'StorageClass',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
])

export function withNamespace(object: Fields, namespace: string): Fields {
  if (clusterKinds.has(textAt(object, 'kind'))) return object
  return { ...object, metadata: { ...fieldsAt(object, 'metadata'), namespace } }
}

/** References from one object to another's name are not followed. */
function rename(object: Fields, prefix: string, suffix: string): Fields {
  const keepsName = ['Namespace', 'CustomResourceDefinition'].includes(textAt(object, 'kind'))
  if (keepsName || prefix + suffix === '') return object
  const name = prefix + textAt(object, 'metadata', 'name') + suffix
  return { ...object, metadata: { ...fieldsAt(object, 'metadata'), name } }
}

function scale(object: Fields, replicas: readonly unknown[], prefix: string, suffix: string): Fields {
  const name = textAt(object, 'metadata', 'name')
  const entry = replicas.find((one) => prefix + textAt(one, 'name') + suffix === name)
  const count = numberAt(entry, 'count')
  if (count === undefined || !['Deployment', 'StatefulSet', 'ReplicaSet'].includes(textAt(object, 'kind')))
    return object
  return { ...object, spec: { ...fieldsAt(object, 'spec'), replicas: count } }
}

/** Every `image` of a container, wherever `containers` or `initContainers` stand in the object. */
function withImages(value: Fields, images: readonly unknown[]): Fields {
  if (images.length === 0) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const isContainers = (key === 'containers' || key === 'initContainers') && Array.isArray(inner)
      if (isContainers) return [key, inner.map((container: unknown) => withImage(container, images))]
      return [key, isFields(inner) ? withImages(inner, images) : inner]
    }),
  )
}

function withImage(container: unknown, images: readonly unknown[]): unknown {
  if (!isFields(container)) return container
  const image = images.reduce<string>(changeImage, textAt(container, 'image'))
  return image === '' ? container : { ...container, image }
}

/** `newName`, `newTag` and `digest` of an entry whose `name` is the image's name; a new tag drops an old digest. */
function changeImage(image: string, entry: unknown): string {
  const { name, tag, digest } = splitImage(image)
  if (name !== textAt(entry, 'name')) return image
  const newName = textAt(entry, 'newName') || name
  const newTag = String(valueAt(entry, 'newTag') ?? '')
  const newDigest = textAt(entry, 'digest')
  const ending = newTag !== '' || newDigest !== '' ? { tag: newTag, digest: newDigest } : { tag, digest }
  return newName + (ending.tag === '' ? '' : `:${ending.tag}`) + (ending.digest === '' ? '' : `@${ending.digest}`)
}

function splitImage(image: string): { name: string; tag: string; digest: string } {
  const [head = '', digest = ''] = image.split('@')
  const colon = head.lastIndexOf(':')
  const hasTag = colon > head.lastIndexOf('/')
  return { name: hasTag ? head.slice(0, colon) : head, tag: hasTag ? head.slice(colon + 1) : '', digest }
}

/** Inline or from a file; a list is a JSON patch, an object a strategic merge patch. Targets match by kind and name. */
function applyPatch(objects: readonly Fields[], patch: unknown, read: (file: string) => string): readonly Fields[] {
  const text = textAt(patch, 'patch') || read(textAt(patch, 'path'))
  return parseAllDocuments(text).reduce<readonly Fields[]>((all, document) => {
    const content: unknown = document.toJS()
    if (!isFields(content) && !Array.isArray(content)) return all
    const target = isFields(valueAt(patch, 'target')) ? fieldsAt(patch, 'target') : targetOf(content)
    const hits = all.filter((object) => isTarget(object, target))
    if (hits.length === 0)
      throw new Error(`no resource matches the patch target ${textAt(target, 'kind')}/${textAt(target, 'name')}`)
    return all.map((object) => {
      if (!hits.includes(object)) return object
      const patched = Array.isArray(content) ? jsonPatch(object, content) : strategicMergePatch(object, content)
      return isFields(patched) ? patched : object
    })
  }, objects)
}

function targetOf(patch: unknown): Fields {
  return { kind: textAt(patch, 'kind'), name: textAt(patch, 'metadata', 'name') }
}

function isTarget(object: Fields, target: Fields): boolean {
  const kind = textAt(target, 'kind')
  const name = textAt(target, 'name')
  return (
    (kind === '' || kind === textAt(object, 'kind')) && (name === '' || name === textAt(object, 'metadata', 'name'))
  )
}

import type { Kustomization } from './kustomization.ts'
import type { PatchedObject } from './patched-object.ts'

/** An object on its way through one layer. */
export interface LayerPass {
  layer: Kustomization
  /** As `patchesStrategicMerge` and `patches` see it. */
  before: PatchedObject
  /** As `patchesJson6902` and `replacements` see it: with the names, labels and annotations of this layer. */
  after: PatchedObject
}

/** The way of an object through its layers, the innermost first (order of transformers: kustomize's kusttarget). */
export function passesOf(written: PatchedObject, layers: readonly Kustomization[]): LayerPass[] {
  let object = written
  return layers.map((layer) => {
    const before = object
    object = afterLayer(before, layer)
    return { layer, before, after: object }
  })
}

function afterLayer(object: PatchedObject, layer: Kustomization): PatchedObject {
  const ids = [...object.ids]
  const now = () => ids.at(-1) ?? { name: '', namespace: '' }
  if (layer.namespace !== '') ids.push({ ...now(), namespace: layer.namespace })
  if (layer.namePrefix !== '') ids.push({ ...now(), name: layer.namePrefix + now().name })
  if (layer.nameSuffix !== '') ids.push({ ...now(), name: now().name + layer.nameSuffix })
  const { labels, annotations } = object
  return {
    ...object,
    ids,
    ...(labels === undefined ? {} : { labels: new Map([...labels, ...layer.setLabels]) }),
    ...(annotations === undefined ? {} : { annotations: new Map([...annotations, ...layer.setAnnotations]) }),
  }
}

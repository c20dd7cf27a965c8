import { isMap, isSeq } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import { splitImage } from '../slot/image-text.ts'
import { type KeyStep, renderKeyPath } from '../yaml/key-path.ts'
import { decidingPlace, enterAllMerged, enterMerged, type Merged, mergedKeys } from '../yaml/merged.ts'
import { type Place, textOf } from '../yaml/place.ts'
import { maxYamlDepth } from '../yaml/source.ts'
import { type ImageKeys, imageKeysOf, isTagKey } from './image-key.ts'

/** A scalar of the values that takes part in an image reference. */
export interface ValuePart {
  text: string
  place: Place
}

/** One way in which a chart may put the name together. */
export interface NameOption {
  /** As it stands in the values. */
  part: ValuePart
  /** What the chart puts before it, with the slash: `quay.io/`. */
  prefix: string
}

/** A place in values that looks like an image: a mapping, keys beside each other, or one string. */
export interface ImageShape {
  /** From the root of the values: `controller.image`. */
  path: string
  /** Set for one string with the whole reference; then there is nothing else. */
  reference?: ValuePart
  names: readonly NameOption[]
  /** A registry is written beside or for all images; without one the chart may add its own. */
  hasRegistry: boolean
  /** Empty values count as absent. */
  tag?: ValuePart
  digest?: ValuePart
}

/** What there is in values that may decide images. */
export interface ShapesInValues {
  shapes: readonly ImageShape[]
  /** Tags and versions, whether or not a name stands beside them. */
  tags: readonly ValuePart[]
  /** Values that cannot be told. */
  hidden: readonly FairleadError[]
}

/** Values that are looked at; the largest charts in use have five thousand. */
const maxValues = 20_000

interface Walk {
  shapes: ImageShape[]
  tags: ValuePart[]
  hidden: FairleadError[]
  /** A registry for all images of the release, as bitnami's charts have it. */
  globalRegistries: readonly ValuePart[]
  count: number
}

/**
 * Everything in the values that looks like an image, by the keys that charts use (Renovate's manager helm-values; the
 * charts of bitnami, ingress-nginx, kube-prometheus-stack, argo-cd, cert-manager, traefik). Whether it is one is for the
 * live image to tell.
 */
export function imageShapes(values: Merged): ShapesInValues {
  const walk: Walk = { shapes: [], tags: [], hidden: [], globalRegistries: [], count: 0 }
  const globals = [['imageRegistry'], ['registry'], ['image', 'registry']]
  const registries = globals.map((steps) => {
    return attempt(walk, () => partAt(enterAllMerged(values, 'global', ...steps)))
  })
  walk.globalRegistries = registries.filter((one) => one !== undefined)
  visit(walk, values, [])
  return walk
}

function visit(walk: Walk, at: Merged, steps: readonly KeyStep[]): void {
  walk.count += 1
  // Aliases may make a few lines endless.
  if (walk.count > maxValues || steps.length > maxYamlDepth) {
    const where = at[0] === undefined ? 'The values' : `${at[0].place.source.file}: the values`
    throw new FairleadError('ManifestInvalid', `${where} are too many or too deep to be followed.`)
  }
  const own = at.find((layer) => (layer.at?.length ?? 0) === 0)
  if (own !== undefined && own.opaque === undefined && isSeq(own.place.node)) {
    for (const index of own.place.node.items.keys()) visit(walk, enterMerged(at, index), [...steps, index])
    return
  }
  const part = attempt(walk, () => partAt(at))
  if (part !== undefined) visitScalar(walk, part, steps)
  if (own !== undefined && own === at[0] && !isMap(own.place.node)) return
  const keys = mergedKeys(at)
  for (const image of imageKeysOf(keys, steps.at(-1))) {
    const shape = attempt(walk, () => shapeAt(walk, at, image, steps))
    if (shape !== undefined) walk.shapes.push(shape)
  }
  for (const key of keys) visit(walk, enterMerged(at, key), [...steps, key])
}

function visitScalar(walk: Walk, part: ValuePart, steps: readonly KeyStep[]): void {
  const { tag, digest } = splitImage(part.text)
  if (tag !== '' || digest !== '') {
    walk.shapes.push({ path: pathText(steps), reference: part, names: [], hasRegistry: true })
  }
  const key = steps.at(-1)
  if (typeof key === 'string' && isTagKey(key)) walk.tags.push(part)
}

function shapeAt(walk: Walk, at: Merged, keys: ImageKeys, steps: readonly KeyStep[]): ImageShape | undefined {
  const part = (among: readonly string[]) => {
    return among.map((key) => partAt(enterMerged(at, key))).find((one) => one !== undefined)
  }
  const name = part([keys.name])
  // Such a name is a whole reference, and one of its own.
  if (name === undefined || splitImage(name.text).tag !== '' || name.text.includes('@')) return undefined
  // What is not known here is the same as absent: the live image tells whether it is.
  const optional = (among: readonly string[]) => attempt(walk, () => part(among))
  const own = optional(keys.registry)
  const prefixes = [own, ...walk.globalRegistries].flatMap((one) => (one === undefined ? [] : [one.text]))
  const folder = keys.path === undefined ? undefined : optional([keys.path])
  const tag = part(keys.tag)
  const digest = optional(keys.digest)
  return {
    path: pathText(keys.isSibling ? [...steps, keys.name] : steps),
    names: [
      ...[...prefixes, ...(folder === undefined ? [] : [folder.text])].map((text) => ({
        part: name,
        prefix: `${text.replace(/\/+$/, '')}/`,
      })),
      ...(own === undefined ? [{ part: name, prefix: '' }] : []),
    ],
    hasRegistry: prefixes.length > 0,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

function partAt(at: Merged): ValuePart | undefined {
  const place = decidingPlace(at)
  const text = textOf(place)
  return place === undefined || text === undefined || text === '' ? undefined : { text, place }
}

function attempt<T>(walk: Walk, read: () => T): T | undefined {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    walk.hidden.push(thrown)
    return undefined
  }
}

function pathText(steps: readonly KeyStep[]): string {
  return renderKeyPath({ document: 0, steps }).slice(2)
}

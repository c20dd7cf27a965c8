import { FairleadError } from '../../../errors.ts'
import { parseImageReference } from '../../image/reference.ts'
import { type ImageText, joinImage, splitImage } from '../slot/image-text.ts'
import { keyPathOf } from '../yaml/place.ts'
import type { ImageShape, NameOption, ValuePart } from './image-shape.ts'

/** A shape read as an image of the name in question. */
export interface ImageReading {
  shape: ImageShape
  image: ImageText
  /** Absent where one string holds the whole reference. */
  name?: NameOption
  /** The name has no registry here; the chart must add the live one. */
  isCompleted: boolean
  /** The scalar that stands for it: the whole reference, else the tag, else the digest; undefined when all are empty. */
  leading?: { part: ValuePart; id: string }
}

/** How the shape can be read as an image of the live one's name: not at all, or in one way. */
export function readingsOf(shape: ImageShape, live: string): ImageReading[] {
  const { name: liveName } = splitImage(live)
  if (shape.reference !== undefined) {
    const image = splitImage(shape.reference.text)
    return isSameName(image.name, liveName) ? [reading(shape, image, shape.reference, { isCompleted: false })] : []
  }
  const [tag = '', behindTag = ''] = shape.tag?.text.split('@') ?? []
  const digest = shape.digest === undefined ? behindTag : withAlgorithm(shape.digest.text)
  const lead = shape.tag ?? shape.digest
  for (const name of shape.names) {
    const text = `${name.prefix}${name.part.text}`
    if (isSameName(text, liveName))
      return [reading(shape, { name: text, tag, digest }, lead, { name, isCompleted: false })]
  }
  const bare = shape.hasRegistry ? undefined : shape.names.find(({ part }) => isCompletedBy(part.text, liveName))
  if (bare === undefined) return []
  return [reading(shape, { name: liveName, tag, digest }, lead, { name: bare, isCompleted: true })]
}

function reading(
  shape: ImageShape,
  image: ImageText,
  lead: ValuePart | undefined,
  more: Pick<ImageReading, 'name' | 'isCompleted'>,
): ImageReading {
  return { shape, image, ...more, ...(lead === undefined ? {} : { leading: { part: lead, id: idOf(lead) } }) }
}

/** Which scalar this is; an alias is the scalar that it stands for. */
export function idOf({ place }: ValuePart): string {
  return `${place.source.file}#${keyPathOf(place)}`
}

/** Digests are written with and without their algorithm (kube-prometheus-stack: `sha`). */
export function withAlgorithm(digest: string): string {
  return digest.includes(':') ? digest : `sha256:${digest}`
}

/** Is this what the cluster runs? Charts that write a digest may leave the tag out (bitnami's common chart). */
export function isPresent({ image }: ImageReading, live: string): boolean {
  const { tag, digest } = splitImage(live)
  if (image.digest !== digest) return false
  if (digest !== '') return tag === '' || image.tag === '' || image.tag === tag
  return image.tag !== '' && image.tag === tag
}

/** Does another tool fill in the tag? */
export function isTemplated({ image }: ImageReading): boolean {
  return /\{\{|\$[{(]/.test(image.tag + image.digest)
}

/** Are both the same repository of the same registry? `nginx` is `docker.io/library/nginx`. */
export function isSameName(one: string, other: string): boolean {
  if (one === other) return true
  const [left, right] = [located(one), located(other)]
  return left !== undefined && left === right
}

/** An image in the spelling of another one where both are of the same repository, otherwise as it is. */
export function inSpelling(image: string, other: string): string {
  const [wanted, { name }] = [splitImage(image), splitImage(other)]
  return isSameName(wanted.name, name) ? joinImage({ ...wanted, name }) : image
}

function located(name: string): string | undefined {
  try {
    const { registry, repository } = parseImageReference(name)
    return `${registry}/${repository}`
  } catch (thrown) {
    if (thrown instanceof FairleadError) return undefined
    throw thrown
  }
}

/** Is the live name this one with a registry before it? */
function isCompletedBy(name: string, live: string): boolean {
  const slash = live.indexOf('/')
  return slash !== -1 && /[.:]|^localhost$/.test(live.slice(0, slash)) && live.slice(slash + 1) === name
}

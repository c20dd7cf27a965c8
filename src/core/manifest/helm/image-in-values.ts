import { FairleadError } from '../../../errors.ts'
import { joinImage, splitImage } from '../slot/image-text.ts'
import type { Slot } from '../slot/slot.ts'
import type { Merged } from '../yaml/merged.ts'
import { type Place, whereIs } from '../yaml/place.ts'
import { type ImageReading, isPresent, isSameName, isTemplated, readingsOf } from './image-reading.ts'
import { imageShapes, type ShapesInValues } from './image-shape.ts'
import { slotOf } from './value-slot.ts'

/** The image that is looked for in values. */
export interface PresentImage {
  /** The live reference; only its name is sure while the engine is behind. */
  image: string
  /** The cluster runs what Git says now; while it does not, Git may have another tag. */
  isSettled: boolean
  /** All images that the release or Application runs; undefined when nobody knows, as without a cluster. */
  running?: readonly string[] | undefined
  /** Values nobody can read here (Secrets) that may lie over the one at this place: a line of evidence each. */
  unseenOver?: (place: Place) => readonly string[]
  /** The leading field that was found before: asked is whether it still decides, and what, whatever the live tag is. */
  decidedAt?: { file: string; keyPath: string } | undefined
}

/** The place in values that decides an image. */
export interface ImageInValues {
  /** The reference that Git decides now. */
  image: string
  slot: Slot
  /** Where the slot's leading field is. */
  leading: Place
  /** Readable steps, `file:line` first. */
  via: string[]
}

/**
 * The one place in merged values that decides an image. `who` names the release in messages. `Ambiguous` when several
 * places say the same image, `NotTraced` when none does, with what comes near; `Masked` when Git says another tag
 * although the cluster runs what Git says, or when a layer hides the value; `Templated` and `NotEditable` when the value
 * cannot be changed where it stands.
 */
export function imageInValues(values: Merged, present: PresentImage, who: string): ImageInValues {
  const found = imageShapes(values)
  const readings = found.shapes.flatMap((shape) => readingsOf(shape, present.image))
  // A name without a registry, to which the chart may add its own, counts only where no full name is found.
  const full = readings.filter((reading) => !reading.isCompleted)
  const named = full.length > 0 ? full : readings
  const places = byPlace(named)
  const known = present.decidedAt
  if (known !== undefined) {
    const again = places.find(([{ leading }]) => leading.id === `${known.file}#${known.keyPath}`)
    if (again !== undefined) return decided(again, found, present)
  }
  const exact = byPlace(named.filter((reading) => isPresent(reading, present.image)))
  const isSure = places.length === 1 || (present.isSettled && isAccountedFor(places, present))
  const [chosen, second] = isSure ? exact : []
  if (second !== undefined) throw ambiguous(exact, `${who} has the image ${present.image} in several places`)
  if (chosen !== undefined) return decided(chosen, found, present)
  if (!present.isSettled || (places.length > 1 && !isSure)) return ahead(places, found, present, who)
  throw notFound(named, found, present, who)
}

/**
 * With several places of one repository the live image tells which is meant, but somebody can change it (`kubectl set
 * image`), and a ConfigMap can be ahead of the release that reads it. So everything must fit: each place says an image that
 * runs, and each image of that name that runs is said by a place.
 */
function isAccountedFor(places: readonly OnePlace[], { image, running }: PresentImage): boolean {
  if (running === undefined) return true
  const { name } = splitImage(image)
  const named = running.filter((one) => isSameName(splitImage(one).name, name))
  const says = (place: OnePlace, one: string) => place.some((reading) => isPresent(reading, one))
  return (
    places.every((place) => named.some((one) => says(place, one))) &&
    named.every((one) => places.some((place) => says(place, one)))
  )
}

/** Readings of one scalar are one place: aliases of an anchor, a value that several workloads use. */
type OnePlace = readonly [PlacedReading, ...PlacedReading[]]

/** A reading that has a tag or digest, or is one string. */
type PlacedReading = ImageReading & Required<Pick<ImageReading, 'leading'>>

function byPlace(readings: readonly ImageReading[]): OnePlace[] {
  const places = new Map<string, OnePlace>()
  for (const reading of readings) {
    const { leading } = reading
    if (leading === undefined) continue
    const placed = { ...reading, leading }
    const known = places.get(leading.id)
    places.set(leading.id, known === undefined ? [placed] : [...known, placed])
  }
  return [...places.values()]
}

function decided(place: OnePlace, found: ShapesInValues, present: PresentImage): ImageInValues {
  const reading = place.find(({ leading }) => leading.part.place.through === undefined) ?? place[0]
  const slot = slotOf(reading, found.shapes)
  const image = joinImage(reading.image)
  const leading = reading.leading.part.place
  const unseen = (present.unseenOver?.(leading) ?? []).map(
    (line) => `${line} is not read; it does not seem to decide the image`,
  )
  return { image, slot, leading, via: [`${whereIs(leading)} ${reading.shape.path} says ${image}`, ...unseen] }
}

/** While the cluster is behind, or the present tag is not known, the only place with that name is the one. */
function ahead(places: readonly OnePlace[], found: ShapesInValues, present: PresentImage, who: string): ImageInValues {
  const [only, second] = places
  const { name } = splitImage(present.image)
  if (second !== undefined) {
    throw ambiguous(places, `${who} has several images ${name}, and which one is meant is not known yet`)
  }
  if (only === undefined) throw notFound([], found, present, who)
  const [reading] = only
  if (isTemplated(reading)) throw templated(reading, present)
  const unseen = present.unseenOver?.(reading.leading.part.place) ?? []
  if (unseen.length > 0 && !isPresent(reading, present.image)) {
    const what = `${who} has ${joinImage(reading.image)} in ${whereOf(reading)}, and what cannot be read may lie on top`
    throw new FairleadError('Masked', `${what}.`, { evidence: unseen })
  }
  return decided(only, found, present)
}

function ambiguous(places: readonly OnePlace[], what: string): FairleadError {
  const evidence = places.map(
    ([reading]) => `${whereOf(reading)} ${reading.shape.path} says ${joinImage(reading.image)}`,
  )
  return new FairleadError('Ambiguous', `${what}; it is not clear which one decides.`, { evidence })
}

/** Why no place is the one, with what comes near. */
function notFound(
  named: readonly ImageReading[],
  found: ShapesInValues,
  present: PresentImage,
  who: string,
): FairleadError {
  const { name, tag } = splitImage(present.image)
  const placeholder = named.find(isTemplated)
  if (placeholder !== undefined) return templated(placeholder, present)
  const others = byPlace(named)
  const evidence = others.map(([one]) => `${whereOf(one)} ${one.shape.path} says ${joinImage(one.image)}`)
  if (others.length === 1) {
    const what = `the values of ${who} say ${evidence[0]}, and the cluster runs ${present.image}`
    return new FairleadError('Masked', `Something else decides the image: ${what}.`, { evidence })
  }
  const [hidden] = found.hidden
  if (others.length === 0 && hidden !== undefined) return hidden
  const what = `No value of ${who} says ${present.image}`
  if (others.length > 0) return new FairleadError('NotTraced', `${what}; others of that name do.`, { evidence })
  const [untagged] = named
  if (untagged !== undefined) {
    const where = `${whereOf(untagged)} ${untagged.shape.path}`
    const why = `${where} names the image without a tag, so that the chart (its appVersion) decides`
    return new FairleadError('NotTraced', `${what}: ${why}; write the tag beside it.`, { evidence: [where] })
  }
  const lone = found.tags.filter(({ text }) => tag !== '' && text === tag).map(({ place }) => whereIs(place))
  if (lone.length > 0) {
    const remedy = `add repository: ${name} beside it so that it can be recognised`
    const why = `${lone.join(', ')} says ${tag} without saying of which image`
    return new FairleadError('NotTraced', `${what}: ${why}; ${remedy}.`, { evidence: lone })
  }
  const remedy = `write repository: ${name} and tag: ${tag === '' ? '…' : JSON.stringify(tag)} as the chart reads them`
  return new FairleadError('NotTraced', `${what}; ${remedy}.`)
}

function templated(reading: ImageReading, present: PresentImage): FairleadError {
  const says = joinImage(reading.image)
  const what = `${whereOf(reading)} ${reading.shape.path} says ${says} for ${present.image}`
  return new FairleadError('Templated', `${what}; another tool fills in the placeholder.`, {
    evidence: [whereOf(reading)],
  })
}

function whereOf({ leading, name, shape }: ImageReading): string {
  const part = leading?.part ?? name?.part ?? shape.reference
  return part === undefined ? shape.path : whereIs(part.place)
}

import { isMap, isScalar, isSeq } from 'yaml'
import type { WrittenImage } from '../slot/image-decision.ts'
import { enter, itemsOf, keyPathOf, lineOf, type Place, textOf, whereIs } from '../yaml/place.ts'

/** Lists of containers in the `spec` of a pod. */
export type ContainerList = 'containers' | 'initContainers'

export const containerLists: readonly ContainerList[] = ['containers', 'initContainers']

/** A container as a patch writes it. */
export interface PatchedContainer {
  name: string
  /** `file:line`. */
  where: string
  image?: WrittenImage
  /** What the patch does to it is not followed. */
  opaque?: string
}

/** What one patch does to the containers of a pod. */
export type ContainerChange =
  /** Merged by name: those of the patch come first, in its order; others follow. */
  | { does: 'merge'; list: ContainerList; containers: readonly PatchedContainer[] }
  | { does: 'append'; list: ContainerList; container: PatchedContainer }
  | { does: 'set'; list: ContainerList; index: number; image: WrittenImage }
  /** Not followed: one position, all from a position on, a whole list, or, without `list`, all containers. */
  | { does: 'hide'; list?: ContainerList; index?: number; from?: number; why: string }

/** What a strategic merge patch does. `where` is the place of the patch for evidence. */
export function strategicChanges(root: Place, podSpec: readonly string[], where: string): ContainerChange[] {
  const hide = (why: string): ContainerChange[] => [{ does: 'hide', why: `${where} ${why}` }]
  let at: Place = root
  for (const step of podSpec) {
    if (enter(at, '$patch') !== undefined) return hide('has a $patch directive')
    const next = enter(at, step)
    if (next === undefined) return []
    if (!isMap(next.node)) return hide(`replaces ${step}`)
    at = next
  }
  if (enter(at, '$patch') !== undefined) return hide('has a $patch directive')
  const spec = at
  return containerLists.flatMap((list) => mergeChange(enter(spec, list), list, where))
}

function mergeChange(place: Place | undefined, list: ContainerList, where: string): ContainerChange[] {
  if (place === undefined) return []
  const items = itemsOf(place)
  const names = items.map((item) => textOf(enter(item, 'name')))
  const isPlain = isSeq(place.node) && items.length > 0 && names.every((name) => name !== undefined)
  if (!isPlain) return [{ does: 'hide', list, why: `${where} replaces or reorders ${list}` }]
  return [{ does: 'merge', list, containers: items.map((item) => containerAt(item, where)) }]
}

function containerAt(item: Place, where: string): PatchedContainer {
  const name = textOf(enter(item, 'name')) ?? ''
  const container: PatchedContainer = { name, where: whereIs(item) }
  if (enter(item, '$patch') !== undefined) return { ...container, opaque: `${where} has a $patch directive` }
  const image = enter(item, 'image')
  if (image === undefined) return container
  const written = writtenAt(image)
  if (written === undefined) return { ...container, opaque: `${where} takes away the image of container ${name}` }
  return { ...container, image: written }
}

/** The reference at a place; undefined when nothing is written there. */
export function writtenAt(place: Place): WrittenImage | undefined {
  const value = isScalar(place.node) && place.node.value === null ? undefined : textOf(place)
  if (value === undefined) return undefined
  const written = { file: place.source.file, keyPath: keyPathOf(place), value, line: lineOf(place) }
  return place.through === undefined ? written : { ...written, through: place.through }
}

/** What one RFC 6902 operation does, a mapping with `op`, `path` and perhaps `from` and `value`. */
export function operationChanges(operation: Place, podSpec: readonly string[], where: string): ContainerChange[] {
  const text = (key: string) => textOf(enter(operation, key))
  const [op = '', path = '', from] = [text('op'), text('path'), text('from')]
  if (op === 'test') return []
  const why = `${where} has the operation ${op} ${path}`
  const value = enter(operation, 'value')
  const moved = op === 'move' && from !== undefined ? pointerChanges(from, podSpec, { op: 'remove', why }) : []
  return [...moved, ...pointerChanges(path, podSpec, { op, why, ...(value === undefined ? {} : { value }) })]
}

interface Operation {
  op: string
  why: string
  value?: Place
}

function pointerChanges(pointer: string, podSpec: readonly string[], operation: Operation): ContainerChange[] {
  // RFC 6901: ~1 is a slash and ~0 a tilde.
  const steps = pointer.split('/').slice(1)
  const keys = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const { why } = operation
  if (!podSpec.every((step, depth) => keys[depth] === undefined || keys[depth] === step)) return []
  if (keys.length <= podSpec.length) return [{ does: 'hide', why }]
  const [list, element, field, ...deeper] = keys.slice(podSpec.length)
  if (!isContainerList(list)) return []
  if (element === undefined) return [{ does: 'hide', list, why }]
  if (field === undefined) return elementChange(list, element, operation)
  if (!/^\d+$/.test(element)) return [{ does: 'hide', list, why }]
  const index = Number(element)
  if (field === 'name' || (field === 'image' && deeper.length > 0)) return [{ does: 'hide', list, index, why }]
  return field === 'image' ? imageChange(list, index, operation) : []
}

function isContainerList(step: string | undefined): step is ContainerList {
  return containerLists.some((list) => list === step)
}

function imageChange(list: ContainerList, index: number, { op, why, value }: Operation): ContainerChange[] {
  const image = value === undefined ? undefined : writtenAt(value)
  const isSet = (op === 'replace' || op === 'add') && image !== undefined
  return [isSet ? { does: 'set', list, index, image } : { does: 'hide', list, index, why }]
}

function elementChange(list: ContainerList, element: string, { op, why, value }: Operation): ContainerChange[] {
  const name = value === undefined ? undefined : textOf(enter(value, 'name'))
  if (op === 'add' && element === '-') {
    const isContainer = value !== undefined && name !== undefined
    if (isContainer) return [{ does: 'append', list, container: containerAt(value, why) }]
    // Whatever it is, it stands behind all others.
    return [{ does: 'hide', list, from: Number.POSITIVE_INFINITY, why }]
  }
  if (!/^\d+$/.test(element)) return [{ does: 'hide', list, why }]
  const position = Number(element)
  return [op === 'replace' ? { does: 'hide', list, index: position, why } : { does: 'hide', list, from: position, why }]
}

/** Does one of a replacement's field paths reach the container's image? Without `index` its position is not known. */
export function replacementReaches(
  target: Place,
  podSpec: readonly string[],
  container: { list: ContainerList; name: string; index?: number },
): boolean {
  const list = [...podSpec, container.list]
  return itemsOf(enter(target, 'fieldPaths')).some((place) => {
    const steps = (textOf(place) ?? '').split('.')
    if (!list.every((step, depth) => steps[depth] === undefined || steps[depth] === step)) return false
    const [element, field] = steps.slice(list.length)
    if (element === undefined) return true
    const named = /^\[name=(.*)\]$/.exec(element)?.[1]
    if (named !== undefined && named !== container.name) return false
    const isNumber = /^\d+$/.test(element) && container.index !== undefined
    if (isNumber && Number(element) !== container.index) return false
    return field === undefined || ['image', 'name', '*'].includes(field)
  })
}

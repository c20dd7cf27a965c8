import { RE2JS } from 're2js'
import type { Snapshot } from '../snapshot.ts'
import { enter, enterAll, type Place, textOf } from '../yaml/place.ts'
import { meets, parseSelector } from './label-selector.ts'
import { type Patch, type PatchTarget, patchText, targetOf } from './patch.ts'

/** An object at one point of its way through the layers, as the targets of patches see it. */
export interface PatchedObject {
  group: string
  version: string
  kind: string
  /** Names and namespaces it had, as written first and the present one last. */
  ids: readonly ObjectId[]
  /** Its labels and annotations; undefined where they are not known. */
  labels?: ReadonlyMap<string, string>
  annotations?: ReadonlyMap<string, string>
}

/** kustomize compares an object without a namespace as one in `default`. */
export interface ObjectId {
  name: string
  namespace: string
}

/** Group and version of an `apiVersion`. */
export function groupVersionOf(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) }
}

/** Does a patch with this target apply to the object? `maybe` when that depends on what is not known. */
export type Selection = 'yes' | 'no' | 'maybe'

/**
 * kustomize's rules (its resmap `Select`): patterns are anchored regular expressions and empty ones match all, name and
 * namespace are compared as written and as they are now, and selectors with the labels and annotations of now.
 */
export function selectionOf(target: PatchTarget, object: PatchedObject): Selection {
  const [first] = object.ids
  const ids = [first, object.ids.at(-1)].flatMap((id) => id ?? [])
  const answers = [
    matchesAny(target.group, [object.group]),
    matchesAny(target.version, [object.version]),
    matchesAny(target.kind, [object.kind]),
    matchesAny(
      target.name,
      ids.map(({ name }) => name),
    ),
    matchesAny(
      target.namespace,
      ids.map(({ namespace }) => namespace || 'default'),
    ),
    meetsSelector(target.labelSelector, object.labels),
    meetsSelector(target.annotationSelector, object.annotations),
  ]
  if (answers.includes('no')) return 'no'
  return answers.includes('maybe') ? 'maybe' : 'yes'
}

function matchesAny(pattern: string, values: readonly string[]): Selection {
  if (pattern === '' || values.includes(pattern)) return 'yes'
  // Most targets are plain words, and those need no pattern.
  if (/^[A-Za-z0-9-]+$/.test(pattern)) return 'no'
  try {
    const compiled = RE2JS.compile(`^(?:${pattern})$`)
    return values.some((value) => compiled.matches(value)) ? 'yes' : 'no'
  } catch {
    return 'maybe'
  }
}

function meetsSelector(selector: string, labels: ReadonlyMap<string, string> | undefined): Selection {
  if (selector === '') return 'yes'
  const requirements = parseSelector(selector)
  if (requirements === undefined || labels === undefined) return 'maybe'
  return meets(requirements, labels) ? 'yes' : 'no'
}

/** Keys of labels and annotations on which it depends whether the target selects an object. */
export function selectedKeys({ labelSelector, annotationSelector }: PatchTarget): string[] {
  return [labelSelector, annotationSelector].flatMap((one) => (parseSelector(one) ?? []).map(({ key }) => key))
}

/** Is the object the one that a patch without target names? A name counts together with the namespace of its time. */
export function isNamed(root: Place, object: PatchedObject): boolean {
  const { group } = groupVersionOf(textOf(enter(root, 'apiVersion')) ?? '')
  if (textOf(enter(root, 'kind')) !== object.kind || (group !== '' && group !== object.group)) return false
  const name = textOf(enterAll(root, 'metadata', 'name')) ?? ''
  const namespace = textOf(enterAll(root, 'metadata', 'namespace')) || 'default'
  return object.ids.some((id) => id.name === name && (id.namespace || 'default') === namespace)
}

/** Does a patch that may be for this object mention the word anywhere? A coarse look, for labels and annotations. */
export function mentions(snapshot: Snapshot, patch: Patch, object: PatchedObject, word: string): boolean {
  if (patch.target !== undefined && selectionOf(withoutSelectors(patch.target), object) === 'no') return false
  return patchText(snapshot, patch)?.includes(word) ?? false
}

function withoutSelectors(target: PatchTarget): PatchTarget {
  return { ...target, labelSelector: '', annotationSelector: '' }
}

/** The objects a replacement writes into. */
export function replacementTarget(target: Place): PatchTarget {
  return targetOf(enter(target, 'select'))
}

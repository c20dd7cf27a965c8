import { versionLabel } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import { policyAnnotationsOf } from './policy-annotation.ts'
import type { Snapshot } from './snapshot.ts'
import { createFileMemo } from './snapshot-memo.ts'
import { enter, enterAll, entriesOf, itemsOf, keyPathOf, lineOf, type Place, rootPlace, textOf } from './yaml/place.ts'
import { readYaml, type YamlSource } from './yaml/source.ts'

/** A scalar of a manifest: where it is and what it says. */
export interface ManifestValue {
  file: string
  keyPath: string
  value: string
  line: number
}

/** A container as written. */
export interface ManifestContainer {
  name: string
  list: 'containers' | 'initContainers'
  /** Position in its list. */
  index: number
  /** Absent when the manifest names no image; then a patch must bring one. */
  image?: ManifestValue
  /** Set when the image is inherited through an alias or merge key: says which. */
  through?: string
}

/** One object with a pod template, as written in a file. */
export interface WorkloadManifest {
  file: string
  line: number
  apiVersion: string
  kind: string
  /** `''` when the manifest names none. */
  namespace: string
  name: string
  /** Steps to the pod's `spec`, e.g. `['spec', 'template', 'spec']`. */
  podSpec: readonly string[]
  containers: readonly ManifestContainer[]
  /** `app.kubernetes.io/version` on the object and on its pod template. */
  versionLabels: readonly ManifestValue[]
  /** Places where that label must not change: the selector, volumeClaimTemplates. `file:line` each. */
  fixedVersionLabels: readonly string[]
  podLabels: ReadonlyMap<string, string>
  /** Of the object itself; rules of the configuration may match them. */
  labels: ReadonlyMap<string, string>
  /** Those that say what may be done with it: fairlead's and Headwind's. */
  annotations: ReadonlyMap<string, string>
  /** Of the object itself, all of them. */
  allAnnotations: ReadonlyMap<string, string>
}

/** A selector of some object that chooses pods by their version label. */
export interface VersionSelector {
  where: string
  labels: ReadonlyMap<string, string>
}

/** What matters of a manifest file. */
export interface ManifestFile {
  workloads: readonly WorkloadManifest[]
  versionSelectors: readonly VersionSelector[]
}

const podSpecs: readonly (readonly string[])[] = [
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ['spec'],
]

const memo = createFileMemo<ManifestFile>()

/** Reads a manifest file once per snapshot. Refusals as in `readYaml`. */
export function manifestsIn(snapshot: Snapshot, file: string): ManifestFile {
  return memo(snapshot, file, () => {
    const text = snapshot.text(file)
    if (text === undefined) throw new FairleadError('ManifestInvalid', `${file} is no regular text file up to 1 MiB.`)
    const objects = objectsOf(readYaml(file, text))
    return { workloads: objects.flatMap(workloadOf), versionSelectors: objects.flatMap(versionSelectorsOf) }
  })
}

/** A quick look without parsing: without this word there is no list of containers, unless its key is escaped. */
export function mayHaveContainers(text: string): boolean {
  return text.includes('ontainers')
}

/** The objects of a file; lists are opened. */
export function objectsOf(source: YamlSource): Place[] {
  return source.documents.flatMap((document) => {
    const root = rootPlace(source, document)
    if (root === undefined) return []
    return textOf(enter(root, 'kind'))?.endsWith('List') === true ? itemsOf(enter(root, 'items')) : [root]
  })
}

/** The object as a workload: one, or none when it has no containers. */
export function workloadOf(object: Place): WorkloadManifest[] {
  const kind = textOf(enter(object, 'kind'))
  const name = textOf(enterAll(object, 'metadata', 'name'))
  if (kind === undefined || name === undefined || isLocal(object)) return []
  const podSpec = podSpecs.find((steps) => containersOf(object, steps).length > 0)
  if (podSpec === undefined) return []
  const podLabels = labelsOf(enterAll(object, ...podSpec.slice(0, -1), 'metadata', 'labels'))
  return [
    {
      file: object.source.file,
      line: lineOf(object),
      apiVersion: textOf(enter(object, 'apiVersion')) ?? '',
      kind,
      namespace: textOf(enterAll(object, 'metadata', 'namespace')) ?? '',
      name,
      podSpec,
      containers: containersOf(object, podSpec),
      versionLabels: versionLabelsOf(object, podSpec),
      fixedVersionLabels: fixedVersionLabelsOf(object),
      podLabels,
      labels: labelsOf(enterAll(object, 'metadata', 'labels')),
      annotations: policyAnnotationsOf(enterAll(object, 'metadata', 'annotations')),
      allAnnotations: labelsOf(enterAll(object, 'metadata', 'annotations')),
    },
  ]
}

/** kustomize drops such objects from what it builds. */
function isLocal(object: Place): boolean {
  return textOf(enterAll(object, 'metadata', 'annotations', 'config.kubernetes.io/local-config')) === 'true'
}

function containersOf(object: Place, podSpec: readonly string[]): ManifestContainer[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    itemsOf(enterAll(object, ...podSpec, list)).flatMap((item, index) => containerOf(item, list, index)),
  )
}

function containerOf(item: Place, list: ManifestContainer['list'], index: number): ManifestContainer[] {
  const name = textOf(enter(item, 'name'))
  if (name === undefined) return []
  const image = enter(item, 'image')
  const value = image === undefined ? undefined : manifestValue(image)
  if (image === undefined || value === undefined) return [{ name, list, index }]
  const container = { name, list, index, image: value }
  return [image.through === undefined ? container : { ...container, through: image.through }]
}

function manifestValue(place: Place): ManifestValue | undefined {
  const value = textOf(place)
  if (value === undefined) return undefined
  return { file: place.source.file, keyPath: keyPathOf(place), value, line: lineOf(place) }
}

function versionLabelsOf(object: Place, podSpec: readonly string[]): ManifestValue[] {
  const places = [
    enterAll(object, 'metadata', 'labels', versionLabel),
    podSpec.length > 1 ? enterAll(object, ...podSpec.slice(0, -1), 'metadata', 'labels', versionLabel) : undefined,
  ]
  const values = places.flatMap((place) => (place === undefined ? [] : (manifestValue(place) ?? [])))
  // Both are one scalar when the second is an alias of the first.
  return values.filter((value, index) => values.findIndex((one) => one.keyPath === value.keyPath) === index)
}

function fixedVersionLabelsOf(object: Place): string[] {
  const claims = itemsOf(enterAll(object, 'spec', 'volumeClaimTemplates'))
  const places = [
    enterAll(object, 'spec', 'selector', 'matchLabels', versionLabel),
    ...claims.map((claim) => enterAll(claim, 'metadata', 'labels', versionLabel)),
  ]
  return places.flatMap((place) => (place === undefined ? [] : [`${place.source.file}:${lineOf(place)}`]))
}

/** Selectors of Services, NetworkPolicies, PodDisruptionBudgets and the like, and of anything with such a field. */
function versionSelectorsOf(object: Place): VersionSelector[] {
  const spec = enter(object, 'spec')
  if (spec === undefined) return []
  return ['selector', 'podSelector', 'labelSelector'].flatMap((field) => {
    const selector = enter(spec, field)
    const labels = selector === undefined ? undefined : (enter(selector, 'matchLabels') ?? selector)
    const chosen = labelsOf(labels)
    if (labels === undefined || !chosen.has(versionLabel)) return []
    return [{ where: `${labels.source.file}:${lineOf(labels)}`, labels: chosen }]
  })
}

function labelsOf(place: Place | undefined): Map<string, string> {
  return new Map(
    entriesOf(place).flatMap(({ key, value }): [string, string][] => {
      const text = textOf(value)
      return text === undefined ? [] : [[key, text]]
    }),
  )
}

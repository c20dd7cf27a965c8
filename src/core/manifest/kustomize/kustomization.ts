import { isScalar, isSeq } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import { policyAnnotationsOf } from '../policy-annotation.ts'
import { folderOf, joinPath, resolvePath } from '../repository-path.ts'
import type { SlotField } from '../slot/slot.ts'
import type { Snapshot } from '../snapshot.ts'
import { createFileMemo } from '../snapshot-memo.ts'
import { enter, entriesOf, itemsOf, keyPathOf, lineOf, type Place, rootPlace, textOf, whereIs } from '../yaml/place.ts'
import { readYaml } from '../yaml/source.ts'
import { type Patch, patchesOf } from './patch.ts'
import { type Transformer, transformersOf } from './transformer.ts'

/** Names kustomize looks for; two of them in one folder are an error. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const

/** A value of an `images:` entry and where it is. */
export interface ImageField {
  value: string
  keyPath: string
  line: number
}

/** One entry of `images:`. Empty values count as absent, as in kustomize. */
export interface ImageEntry {
  file: string
  line: number
  name: string
  newName?: ImageField
  newTag?: ImageField
  digest?: ImageField
  tagSuffix?: ImageField
  /** Where the entry lies when it is not the branch of the folder that is built. */
  branch?: GitBranch
  /** Set when it is not certain what the entry does, and why. */
  unsure?: string
  /** What to edit where the entry is one text, as in an Argo CD Application. */
  slot?: readonly SlotField[]
}

/** A path as written in a kustomization file, with its place for evidence. */
export interface PathEntry {
  path: string
  where: string
}

/** A ConfigMap that a kustomization makes. */
export interface GeneratedConfigMap {
  /** `file:line` of the entry. */
  where: string
  /** As written; a hash and what the layers put around names are added later. */
  name: string
  /** `create` when not given. */
  behavior: string
  /** By key of the ConfigMap: path in the repository, `''` when it is outside. */
  files: ReadonlyMap<string, string>
  /** Keys come from `literals` or `envs` too. */
  hasOthers: boolean
}

/** What a kustomization file does, as far as it matters for images, names and namespaces. */
export interface Kustomization {
  file: string
  folder: string
  component: boolean
  /** `resources` and the older `bases`, in order. */
  resources: readonly PathEntry[]
  components: readonly PathEntry[]
  namespace: string
  namePrefix: string
  nameSuffix: string
  images: readonly ImageEntry[]
  patches: readonly Patch[]
  configMaps: readonly GeneratedConfigMap[]
  /** Parts that make objects nobody can find in a file: Helm charts, generator plugins. Evidence lines. */
  generators: readonly string[]
  /** Built-in transformers and plugins; they may change any field. */
  transformers: readonly Transformer[]
  /** Where a label of the given name is set on everything, by label name. */
  labels: ReadonlyMap<string, string>
  /** Labels and annotations that are set on everything, for the selectors of patches. */
  setLabels: ReadonlyMap<string, string>
  setAnnotations: ReadonlyMap<string, string>
  /** Schemas of its own (`openapi`, `crds`), which tell kustomize how lists of custom kinds are merged. Evidence lines. */
  schemas: readonly string[]
  /** Configurations of built-in transformers, which may make them act more than once. Evidence lines. */
  configurations: readonly string[]
  /** `commonAnnotations` that say what may be done with a workload. */
  annotations: ReadonlyMap<string, string>
}

/**
 * The kustomization of a folder; undefined when it has none. `ManifestInvalid` when there are several or the file
 * cannot be read. Read once per snapshot.
 */
export function kustomizationIn(snapshot: Snapshot, folder: string): Kustomization | undefined {
  const files = kustomizationNames
    .map((name) => joinPath(folder, name))
    .filter((file) => snapshot.mode(file) !== undefined)
  const [file, second] = files
  if (file === undefined) return undefined
  if (second !== undefined) {
    throw new FairleadError('ManifestInvalid', `${file} and ${second} are in one folder; kustomize allows one of them.`)
  }
  return memo(snapshot, file, () => {
    const text = snapshot.text(file)
    if (text !== undefined) return parseKustomization(file, text)
    throw new FairleadError('ManifestInvalid', `${file} is no regular text file up to 1 MiB; it cannot be followed.`)
  })
}

/** Is this path a kustomization file? */
export function isKustomizationFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return kustomizationNames.some((one) => one === name)
}

const memo = createFileMemo<Kustomization>()

function parseKustomization(file: string, text: string): Kustomization {
  const source = readYaml(file, text)
  const document = source.documents[0]
  return kustomizationAt(file, document === undefined ? undefined : rootPlace(source, document))
}

/** What the fields of a kustomization do, wherever they stand: in its file, or in an object of a GitOps engine. */
export function kustomizationAt(file: string, root: Place | undefined): Kustomization {
  const value = (key: string) => (root === undefined ? undefined : enter(root, key))
  const labelMaps = [value('commonLabels'), ...itemsOf(value('labels')).map((entry) => enter(entry, 'pairs'))]
  return {
    file,
    folder: folderOf(file),
    component: textOf(value('kind')) === 'Component',
    resources: [...pathsOf(value('resources')), ...pathsOf(value('bases'))],
    components: pathsOf(value('components')),
    namespace: textOf(value('namespace')) ?? '',
    namePrefix: textOf(value('namePrefix')) ?? '',
    nameSuffix: textOf(value('nameSuffix')) ?? '',
    images: imageEntriesOf(value('images')),
    patches: root === undefined ? [] : patchesOf(root),
    configMaps: itemsOf(value('configMapGenerator')).flatMap(configMapOf),
    generators: present(root, ['generators', 'helmCharts', 'helmChartInflationGenerator']),
    transformers: transformersOf(value('transformers')),
    labels: new Map(labelMaps.flatMap((map) => entriesOf(map).map(({ key, value }) => [key, whereIs(value)]))),
    setLabels: new Map(labelMaps.flatMap(textsOf)),
    setAnnotations: new Map(textsOf(value('commonAnnotations'))),
    schemas: [...present(root, ['crds']), ...(value('openapi') === undefined ? [] : [`${file} openapi`])],
    configurations: present(root, ['configurations']),
    annotations: policyAnnotationsOf(value('commonAnnotations')),
  }
}

/** The paths of a list such as `components`. `ManifestInvalid` for anything but a list of texts. */
export function pathsOf(list: Place | undefined): PathEntry[] {
  if (list === undefined) return []
  const isEmpty = isScalar(list.node) && list.node.value === null
  if (!isSeq(list.node) && !isEmpty) throw notPaths(list)
  return itemsOf(list).flatMap((item) => {
    if (!isScalar(item.node)) throw notPaths(item)
    const path = textOf(item)
    return path === undefined ? [] : [{ path, where: whereIs(item) }]
  })
}

function notPaths(place: Place): FairleadError {
  const key = place.steps.find((step) => typeof step === 'string')
  return new FairleadError('ManifestInvalid', `${whereIs(place)} ${key} must be a list of paths; kustomize refuses it.`)
}

/** The entries of an `images:` list. */
export function imageEntriesOf(list: Place | undefined): ImageEntry[] {
  return itemsOf(list).flatMap(imageEntry)
}

function imageEntry(entry: Place): ImageEntry[] {
  const name = textOf(enter(entry, 'name'))
  if (name === undefined) return []
  const image: ImageEntry = { file: entry.source.file, line: lineOf(entry), name }
  for (const field of ['newName', 'newTag', 'digest', 'tagSuffix'] as const) {
    const place = enter(entry, field)
    const value = textOf(place)
    if (place !== undefined && value !== undefined && value !== '') {
      image[field] = { value, keyPath: keyPathOf(place), line: lineOf(place) }
    }
  }
  return [image]
}

function configMapOf(entry: Place): GeneratedConfigMap[] {
  const name = textOf(enter(entry, 'name'))
  if (name === undefined) return []
  const folder = folderOf(entry.source.file)
  const files = itemsOf(enter(entry, 'files')).flatMap((item): [string, string][] => {
    const [first = '', second] = (textOf(item) ?? '').split('=')
    const path = second ?? first
    return [[second === undefined ? path.slice(path.lastIndexOf('/') + 1) : first, resolvePath(folder, path) ?? '']]
  })
  const behavior = textOf(enter(entry, 'behavior')) ?? 'create'
  const hasOthers = ['literals', 'envs', 'env'].some((key) => enter(entry, key) !== undefined)
  return [{ where: whereIs(entry), name, behavior, files: new Map(files), hasOthers }]
}

function present(root: Place | undefined, keys: readonly string[]): string[] {
  return keys.flatMap((key) => {
    const [first] = itemsOf(root === undefined ? undefined : enter(root, key))
    return first === undefined ? [] : [`${whereIs(first)} ${key}`]
  })
}

function textsOf(map: Place | undefined): [string, string][] {
  return entriesOf(map).flatMap(({ key, value }): [string, string][] => {
    const text = textOf(value)
    return text === undefined ? [] : [[key, text]]
  })
}

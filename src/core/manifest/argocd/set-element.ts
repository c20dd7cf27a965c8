import { isMap, isScalar, isSeq } from 'yaml'
import { globMatcher } from '../../image/glob.ts'
import type { GitBranch } from '../applier.ts'
import { valuesInFile } from '../helm/values-text.ts'
import { folderOf } from '../repository-path.ts'
import type { KeyStep } from '../yaml/key-path.ts'
import { enterMerged, isWritten, type Merged, mergedItems, mergedKeys, mergedText } from '../yaml/merged.ts'
import { enterAll, itemsOf, type Place, textOf, whereIs } from '../yaml/place.ts'
import type { YamlSource } from '../yaml/source.ts'
import type { Piece } from './composition.ts'
import { fileGlob, matcherOf } from './file-glob.ts'

/** One set of parameters, of which an ApplicationSet makes one Application. */
export interface SetElement {
  /** `file:line`, for evidence. */
  where: string
  /** The value of a parameter; undefined when nobody knows here. */
  lookup: (steps: readonly KeyStep[]) => Piece | undefined
}

/** What the generators of an ApplicationSet give. */
export interface SetElements {
  elements: readonly SetElement[]
  /** Generators that are not followed: evidence. They may give any number of elements. */
  unknown: readonly string[]
  /** In which branch the parameter files lie. */
  homes: ReadonlyMap<YamlSource, GitBranch>
}

/** Finds the branch that a generator reads. */
export type BranchFinder = (repoUrl: string, revision: string) => GitBranch | undefined

/**
 * The elements of all generators. Followed are `list` elements and files and folders of Git; everything else depends on
 * clusters and services, or combines generators, and is unknown.
 */
export function elementsOf(generators: readonly Merged[], branchOf: BranchFinder): SetElements {
  const homes = new Map<YamlSource, GitBranch>()
  const all = generators.map((generator) => elementsOfOne(generator, branchOf, homes))
  return { elements: all.flatMap((one) => one.elements), unknown: all.flatMap((one) => one.unknown), homes }
}

type Elements = Pick<SetElements, 'elements' | 'unknown'>

function elementsOfOne(generator: Merged, branchOf: BranchFinder, homes: Map<YamlSource, GitBranch>): Elements {
  const [key = '', ...more] = mergedKeys(generator)
  const inner = enterMerged(generator, key)
  const isPlain = more.length === 0 && !isWritten(enterMerged(inner, 'template'))
  if (isPlain && key === 'list' && !isWritten(enterMerged(inner, 'elementsYaml'))) return listElements(inner)
  const files = enterMerged(inner, 'files')
  const directories = enterMerged(inner, 'directories')
  if (isPlain && key === 'git' && !isWritten(enterMerged(inner, 'pathParamPrefix'))) {
    const branch = branchOf(
      mergedText(enterMerged(inner, 'repoURL')) ?? '',
      mergedText(enterMerged(inner, 'revision')) ?? '',
    )
    if (branch !== undefined && isWritten(files)) return { elements: fileElements(files, branch, homes), unknown: [] }
    if (branch !== undefined && isWritten(directories)) {
      return { elements: folderElements(directories, branch), unknown: [] }
    }
  }
  const where = generator[0] === undefined ? '' : `${whereIs(generator[0].place)} `
  return { elements: [], unknown: [`${where}generator ${[key, ...more].join(' with ')} is not followed`] }
}

function listElements(list: Merged): Elements {
  const elements = mergedItems(enterMerged(list, 'elements')).flatMap((item): SetElement[] => {
    const place = item[0]?.place
    return place === undefined ? [] : [{ where: whereIs(place), lookup: (steps) => valueAt(place, steps) }]
  })
  return { elements, unknown: [] }
}

/** Each file is one object, or a list of them. */
function fileElements(files: Merged, branch: GitBranch, homes: Map<YamlSource, GitBranch>): SetElement[] {
  const paths = chosen(files, branch.snapshot.paths, globMatcher)
  return paths.flatMap((path) => {
    const root = valuesInFile(branch.snapshot, path)
    if (root === undefined) return []
    homes.set(root.source, branch)
    const objects = isSeq(root.node) ? itemsOf(root) : [root]
    const own = pathParameters(folderOf(path), path)
    return objects.map((object): SetElement => {
      return { where: whereIs(object), lookup: (steps) => (steps[0] === 'path' ? own(steps) : valueAt(object, steps)) }
    })
  })
}

function folderElements(directories: Merged, branch: GitBranch): SetElement[] {
  const folders = new Set<string>()
  for (const path of branch.snapshot.paths) {
    for (let folder = folderOf(path); folder !== '' && !folders.has(folder); folder = folderOf(folder)) {
      folders.add(folder)
    }
  }
  const visible = [...folders].filter((folder) => !folder.split('/').some((part) => part.startsWith('.'))).sort()
  return chosen(directories, visible, fileGlob).map((folder) => {
    return { where: folder, lookup: pathParameters(folder, undefined) }
  })
}

/** Those that a `path` matches and none with `exclude: true`. */
function chosen(
  list: Merged,
  paths: readonly string[],
  compile: (pattern: string) => (path: string) => boolean,
): string[] {
  const patterns = mergedItems(list).map((item) => {
    const exclude = mergedText(enterMerged(item, 'exclude')) === 'true'
    return { exclude, matches: matcherOf(compile, mergedText(enterMerged(item, 'path')) ?? '') }
  })
  const isIn = (path: string, exclude: boolean) => patterns.some((one) => one.exclude === exclude && one.matches(path))
  return paths.filter((path) => isIn(path, false) && !isIn(path, true))
}

/** What Argo CD says about a folder or file beside its content (its Git generator). */
function pathParameters(folder: string, file: string | undefined): SetElement['lookup'] {
  const segments = folder.split('/')
  const basename = segments.at(-1) ?? ''
  const filename = file?.split('/').at(-1)
  const texts: Readonly<Record<string, string | undefined>> = {
    path: folder === '' ? '.' : folder,
    basename,
    basenameNormalized: normalised(basename),
    filename,
    filenameNormalized: filename === undefined ? undefined : normalised(filename),
  }
  return ([first, key, index]) => {
    if (first !== 'path' || typeof key !== 'string') return undefined
    const text = key === 'segments' && typeof index === 'number' ? segments[index] : texts[key]
    return text === undefined ? undefined : { text }
  }
}

/** The name with everything replaced that a DNS name cannot hold. */
function normalised(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^-a-z0-9.]/g, '-')
    .slice(0, 253)
    .replace(/^[-.]+|[-.]+$/g, '')
}

/** A number that would be read and written again in another form (1.10) is not known. */
function valueAt(object: Place, steps: readonly KeyStep[]): Piece | undefined {
  if (!isMap(object.node)) return undefined
  const from = enterAll(object, ...steps)
  const text = textOf(from)
  if (from === undefined || text === undefined || !isScalar(from.node)) return undefined
  const isSame = typeof from.node.value === 'string' || String(from.node.value) === text
  return isSame ? { text, from } : undefined
}

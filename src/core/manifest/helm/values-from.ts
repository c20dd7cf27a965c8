import { FairleadError } from '../../../errors.ts'
import type { Applier, GitBranch } from '../applier.ts'
import { declaredThrough } from '../declared-through.ts'
import { buildOf } from '../kustomize/build.ts'
import { type GeneratedConfigMap, kustomizationIn } from '../kustomize/kustomization.ts'
import { folderOf } from '../repository-path.ts'
import type { KeyStep } from '../yaml/key-path.ts'
import { decidingPlace, enterAllMerged, type Merged, type MergeLayer } from '../yaml/merged.ts'
import { enter, itemsOf, type Place, textOf, whereIs } from '../yaml/place.ts'
import { valuesInFile, valuesInText } from './values-text.ts'

/** Values that a HelmRelease takes from elsewhere: at hand as a layer, or not to be seen. */
export interface ValuesFrom {
  /** Of the object that holds them. */
  name: string
  layer?: MergeLayer
  /** What the layer would be, when nobody can read it here: a Secret, an object that is not in Git. */
  unseen?: string
}

/**
 * `spec.valuesFrom` in its order, later ones win (helm-controller, ChartValuesFromReferences). `declaredBy` is what
 * applies the release: the ConfigMaps are looked for beside it. What is in Git and cannot be followed is a layer that
 * hides those below.
 */
export function valuesFrom(release: Merged, namespace: string, declaredBy: Applier): ValuesFrom[] {
  return itemsOf(decidingPlace(enterAllMerged(release, 'spec', 'valuesFrom'))).map((entry) => {
    const text = (key: string, otherwise: string) => textOf(enter(entry, key)) ?? otherwise
    const [kind, name, key] = [text('kind', ''), text('name', ''), text('valuesKey', 'values.yaml')]
    const what = `${whereIs(entry)} ${kind} ${name} (valuesFrom)`
    if (kind !== 'ConfigMap') return { name, unseen: what }
    const at = targetSteps(text('targetPath', ''))
    try {
      const content = generated(declaredBy, name, key) ?? declared(declaredBy, namespace, name, key)
      if (content === undefined) return { name, unseen: `${what}, which is not declared in Git` }
      const place = at.length > 0 ? content.text : content.values()
      if (place === undefined && at.length > 0) throw notFollowed(what, 'sets one value from a whole file')
      return place === undefined ? { name } : { name, layer: { place, at, beneath: true } }
    } catch (thrown) {
      if (!(thrown instanceof FairleadError)) throw thrown
      return { name, layer: { place: entry, at, beneath: true, opaque: what, refusal: thrown } }
    }
  })
}

/** One key of a ConfigMap: the scalar itself, and what it is as YAML. */
interface Content {
  text?: Place
  values: () => Place | undefined
}

function declared(declaredBy: Applier, namespace: string, name: string, key: string): Content | undefined {
  const identity = { group: '', kind: 'ConfigMap', namespace, name }
  const found = orAbsent(() => declaredThrough(declaredBy, identity))
  if (found === undefined) return undefined
  const text = decidingPlace(enterAllMerged(found.merged, 'data', key))
  if (text === undefined) {
    throw new FairleadError('NotTraced', `${whereIs(found.manifest)} has no ${JSON.stringify(key)} in its data.`)
  }
  return { text, values: () => valuesInText(text) }
}

/** Refused files are told; that there is no such object is for the caller to judge. */
function orAbsent<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch (thrown) {
    if (thrown instanceof FairleadError && thrown.code === 'NotTraced') return undefined
    throw thrown
  }
}

/** A ConfigMap that kustomize makes of a file. A hash on its name is added to the release's reference as well. */
function generated(declaredBy: Applier, name: string, key: string): Content | undefined {
  if (declaredBy.kind !== 'Kustomization') return undefined
  const { branch, path } = declaredBy.folder
  const makers = makersOf(branch, path, name)
  const [maker, second] = makers
  if (maker === undefined) return undefined
  const what = `${makers.map(({ where }) => where).join(', ')} ConfigMap ${name}`
  if (second !== undefined || maker.behavior !== 'create')
    throw notFollowed(what, 'is put together from several places')
  const file = maker.files.get(key)
  if (file === undefined) {
    throw notFollowed(what, maker.hasOthers ? `may have ${key} from literals or envs` : `has no file for ${key}`)
  }
  return { values: () => valuesInFile(branch.snapshot, file) }
}

function notFollowed(what: string, why: string): FairleadError {
  return new FairleadError('Generated', `${what} ${why}; this is not followed.`, { evidence: [what] })
}

function makersOf({ snapshot }: GitBranch, root: string, name: string): GeneratedConfigMap[] {
  return [...buildOf(snapshot, root).kustomizations].flatMap((file) => {
    const kustomization = kustomizationIn(snapshot, folderOf(file))
    const { namePrefix = '', nameSuffix = '' } = kustomization ?? {}
    const isNamed = (one: GeneratedConfigMap) => [one.name, namePrefix + one.name + nameSuffix].includes(name)
    return kustomization?.configMaps.filter(isNamed) ?? []
  })
}

/** Helm's notation of `--set`: dots between keys, `\.` for a dot in one, `[0]` for list items. */
function targetSteps(path: string): KeyStep[] {
  const words = path.match(/\[\d+\]|(?:\\.|[^.[\\])+/g) ?? []
  return words.map((word) => (word.startsWith('[') ? Number(word.slice(1, -1)) : word.replaceAll(/\\(.)/g, '$1')))
}

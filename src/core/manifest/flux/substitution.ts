import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import type { Variable, Variables } from '../slot/placeholder.ts'
import { decidingPlace, enterAllMerged, type Merged, mergedKeys, mergedText } from '../yaml/merged.ts'
import { enter, itemsOf, keyPathOf, lineOf, type Place, textOf, whereIs } from '../yaml/place.ts'
import type { DeclaredSpec } from './root-overlay.ts'

/** A ConfigMap as Git declares it. */
export interface DeclaredData {
  merged: Merged
  branch: GitBranch
  /** What declares it fills in placeholders. */
  isFilledIn: boolean
}

/** Finds a ConfigMap in the Kustomization's namespace; a refusal when Git does not declare it where that is known. */
export type FindConfigMap = (name: string) => DeclaredData

/**
 * The variables of `spec.postBuild`: `substitute` counts before `substituteFrom`, and there the last one that has the
 * variable (fluxcd/pkg, kustomize_varsub.go). What Secrets hold is not known: `find` refuses (`Masked`) a variable that a
 * Secret, or a ConfigMap that Git does not declare, may hold. Undefined without such a field.
 */
export function substitutionOf(spec: DeclaredSpec, findConfigMap: FindConfigMap): Variables | undefined {
  const { merged } = spec.declared
  const postBuild = enterAllMerged(merged, 'spec', 'postBuild')
  if (postBuild.length === 0) return undefined
  const inline = enterAllMerged(postBuild, 'substitute')
  const references = itemsOf(decidingPlace(enterAllMerged(postBuild, 'substituteFrom')))
  const isAlways = mergedText(enterAllMerged(postBuild, 'substituteStrategy')) === 'Always'
  return {
    isActive: isAlways || references.length > 0 || mergedKeys(inline).length > 0,
    find: (name) => {
      const own = decidingPlace(enterAllMerged(inline, name))
      if (own !== undefined) return variableAt(own, spec)
      for (const reference of references.toReversed()) {
        const found = findReferenced(reference, name, findConfigMap)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

function findReferenced(reference: Place, name: string, findConfigMap: FindConfigMap): Variable | undefined {
  const kind = textOf(enter(reference, 'kind')) ?? ''
  const object = textOf(enter(reference, 'name')) ?? ''
  const where = `${whereIs(reference)} substituteFrom ${kind} ${object}`
  if (kind !== 'ConfigMap') throw opaque(where, name, 'what it holds cannot be read')
  const data = configMapOrRefuse(where, name, () => findConfigMap(object))
  const place = decidingPlace(enterAllMerged(data.merged, 'data', name))
  return place === undefined ? undefined : variableAt(place, data)
}

function configMapOrRefuse(where: string, name: string, find: () => DeclaredData): DeclaredData {
  try {
    return find()
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    throw opaque(where, name, thrown.message)
  }
}

function opaque(where: string, name: string, why: string): FairleadError {
  const remedy = `set ${name} in spec.postBuild.substitute, or in a ConfigMap beside the Kustomization`
  return new FairleadError('Masked', `${where} may hold the variable ${name}: ${why}; ${remedy}.`, {
    evidence: [`${where}: ${why}`],
  })
}

function variableAt(place: Place, { branch, isFilledIn }: { branch: GitBranch; isFilledIn: boolean }): Variable {
  const value = textOf(place) ?? ''
  if (isFilledIn && value.includes('${')) {
    throw new FairleadError('Templated', `${whereIs(place)} ${value} is itself filled in where it is declared.`)
  }
  const variable = { file: place.source.file, keyPath: keyPathOf(place), value, line: lineOf(place), branch }
  return place.through === undefined ? variable : { ...variable, through: place.through }
}

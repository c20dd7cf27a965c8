import { orRefusal } from '../../errors.ts'
import { groupVersionOf } from './kustomize/patched-object.ts'
import { repositoryPath } from './repository-path.ts'
import type { Snapshot } from './snapshot.ts'
import { createFileMemo, createSnapshotMemo } from './snapshot-memo.ts'
import { objectsOf } from './workload-manifest.ts'
import { enter, enterAll, itemsOf, type Place, textOf, whereIs } from './yaml/place.ts'
import { readYaml } from './yaml/source.ts'

/** A folder that an object of a GitOps engine, declared in the repository, points at. */
export interface EngineRoot {
  kind: 'Kustomization' | 'Application'
  namespace: string
  name: string
  /** In its one form, `''` for the root of the repository. */
  path: string
  /** `file:line` of the object. */
  where: string
  manifest: Place
}

const memo = createFileMemo<readonly EngineRoot[]>()
const all = createSnapshotMemo<readonly EngineRoot[]>((known) => known.clear())

/**
 * What Flux Kustomizations and Argo CD Applications in the repository point at. Whether they mean this very repository is
 * not known from files, so all of them are told. Files that cannot be read declare nothing.
 */
export function engineRoots(snapshot: Snapshot): readonly EngineRoot[] {
  const known = all(snapshot).get('')
  if (known !== undefined) return known
  const roots = snapshot.paths.flatMap((path) => {
    return /\.(ya?ml|json)$/.test(path) ? memo(snapshot, path, () => rootsIn(snapshot, path)) : []
  })
  all(snapshot).set('', roots)
  return roots
}

/** A quick look without parsing: does an object of these kinds begin here, also in JSON or in a flow mapping? */
const likely = /(?:^|[{,]\s*)["']?kind["']?:\s*["']?(?:Kustomization|Application)\b/m

function rootsIn(snapshot: Snapshot, path: string): EngineRoot[] {
  const text = snapshot.text(path) ?? ''
  if (!/kustomize\.toolkit\.fluxcd\.io|argoproj\.io/.test(text) || !likely.test(text)) return []
  return orRefusal(
    () => objectsOf(readYaml(path, text)).flatMap(rootsOf),
    () => [],
  )
}

function rootsOf(manifest: Place): EngineRoot[] {
  const { group } = groupVersionOf(textOf(enter(manifest, 'apiVersion')) ?? '')
  const kind = textOf(enter(manifest, 'kind'))
  const spec = enter(manifest, 'spec')
  if (spec === undefined) return []
  const root = (engine: EngineRoot['kind'], written: string): EngineRoot[] => {
    const path = repositoryPath(written)
    const name = textOf(enterAll(manifest, 'metadata', 'name')) ?? ''
    const namespace = textOf(enterAll(manifest, 'metadata', 'namespace')) ?? ''
    return path === undefined ? [] : [{ kind: engine, namespace, name, path, where: whereIs(manifest), manifest }]
  }
  if (kind === 'Kustomization' && group === 'kustomize.toolkit.fluxcd.io') {
    const isGit = textOf(enterAll(spec, 'sourceRef', 'kind')) === 'GitRepository'
    return isGit ? root('Kustomization', textOf(enter(spec, 'path')) ?? '') : []
  }
  if (kind !== 'Application' || group !== 'argoproj.io') return []
  const sources = [enter(spec, 'source'), ...itemsOf(enter(spec, 'sources'))]
  return sources.flatMap((source) => {
    const path = source === undefined ? undefined : textOf(enter(source, 'path'))
    return path === undefined ? [] : root('Application', path)
  })
}

import { FairleadError } from '../../../errors.ts'
import type { Applier, GitBranch, KustomizationApplier } from '../applier.ts'
import { type DeclaredObject, findDeclared, type ObjectIdentity } from '../declared.ts'
import { type Build, buildOf, buildWith } from '../kustomize/build.ts'
import type { Variables } from '../slot/placeholder.ts'
import type { Snapshot } from '../snapshot.ts'
import { enterAllMerged } from '../yaml/merged.ts'
import { whereIs } from '../yaml/place.ts'
import { type DeclaredSpec, rootOverlay } from './root-overlay.ts'
import { substitutionOf } from './substitution.ts'

/** An object of a GitOps engine as Git declares it. */
export interface DeclaredThrough extends DeclaredObject {
  /** Where its manifest and patches lie. */
  branch: GitBranch
  /** The build that deploys it. */
  build: Build
  /** Placeholders that are filled into it. */
  variables?: Variables | undefined
}

/** Finds an object under whatever applied it. */
export type FindThrough = (applier: Applier, identity: ObjectIdentity) => DeclaredThrough

/** What a Kustomization builds: its folder, with what its own spec lays over it. */
export interface KustomizationBuild {
  build: Build
  variables?: Variables | undefined
  /** Its own declaration, where that takes part. */
  declared?: DeclaredThrough
}

interface Known {
  snapshots: readonly Snapshot[]
  built: KustomizationBuild
}

/** By the snapshot of the folder; true as long as all snapshots that take part are the same. */
const known = new WeakMap<Snapshot, Map<string, Known>>()

/**
 * The build of a Kustomization. Where it alters what was read from the folder, its declaration is read: `NotTraced` when it
 * is not known what declares it, `Masked` when the live object alters something that Git does not say.
 */
export function kustomizationBuild(applier: KustomizationApplier, find: FindThrough): KustomizationBuild {
  const { branch, path } = applier.folder
  if (applier.alters.length === 0) return { build: buildOf(branch.snapshot, path) }
  const builds = known.get(branch.snapshot) ?? new Map<string, Known>()
  known.set(branch.snapshot, builds)
  const key = `${nameOf(applier)} ${path} ${applier.alters.join(' ')}`
  const snapshots = snapshotsOf(applier)
  const before = builds.get(key)
  const isSame = before?.snapshots.every((one, index) => one === snapshots[index]) ?? false
  if (before !== undefined && isSame && before.snapshots.length === snapshots.length) return before.built
  const built = altered(applier, find)
  builds.set(key, { snapshots, built })
  return built
}

function altered(applier: KustomizationApplier, find: FindThrough): KustomizationBuild {
  const { snapshot } = applier.folder.branch
  const declared = declarationOf(applier, find)
  refuseLiveOnly(applier, declared)
  const { branch, variables } = declared
  const spec: DeclaredSpec = { declared, branch, snapshot, isFilledIn: variables?.isActive === true }
  const build = buildWith(snapshot, applier.folder.path, rootOverlay(spec))
  const configMap = (name: string) => configMapOf(applier, name, find)
  return { build, declared, variables: substitutionOf(spec, configMap) }
}

/** The manifest of the Kustomization itself. */
function declarationOf(applier: KustomizationApplier, find: FindThrough): DeclaredThrough {
  const { declaredBy, namespace, name } = applier
  const identity = { group: 'kustomize.toolkit.fluxcd.io', kind: 'Kustomization', namespace, name }
  if (declaredBy === undefined) {
    const evidence = applier.alters.map((field) => `${nameOf(applier)} spec.${field}`)
    const message = `${nameOf(applier)} changes manifests itself, and what declares it is not known`
    throw new FairleadError('NotTraced', `${message}; let Flux apply it from Git.`, { evidence })
  }
  // One that declares itself, as flux-system does, is read as it lies in its folder.
  const isOwn = declaredBy.kind === 'Kustomization' && nameOf(declaredBy) === nameOf(applier)
  if (!isOwn) return find(declaredBy, identity)
  const { branch, path } = declaredBy.folder
  const build = buildOf(branch.snapshot, path)
  return { ...findDeclared(branch.snapshot, build, identity, declaredBy.targetNamespace), branch, build }
}

/** An entry that is in the live object and not in Git never decides, and then Git does not say what does. */
function refuseLiveOnly(applier: KustomizationApplier, { manifest, merged }: DeclaredThrough): void {
  const missing = applier.alters.filter((field) => enterAllMerged(merged, 'spec', field).length === 0)
  if (missing.length === 0) return
  const evidence = missing.map((field) => `spec.${field} is set in the cluster and not at ${whereIs(manifest)}`)
  throw new FairleadError('Masked', `${nameOf(applier)} changes manifests by what is not in Git.`, { evidence })
}

/** A ConfigMap in the Kustomization's namespace, declared beside it or further out. */
function configMapOf(applier: KustomizationApplier, name: string, find: FindThrough) {
  const identity = { group: '', kind: 'ConfigMap', namespace: applier.namespace, name }
  let refusal: FairleadError | undefined
  for (let at = applier.declaredBy; at !== undefined; at = at.declaredBy) {
    const isOwn = at.kind === 'Kustomization' && nameOf(at) === nameOf(applier)
    const outer: Applier = isOwn && at.kind === 'Kustomization' ? { ...at, alters: [] } : at
    try {
      const found = find(outer, identity)
      return { ...found, isFilledIn: found.variables?.isActive === true }
    } catch (thrown) {
      if (!(thrown instanceof FairleadError) || thrown.code !== 'NotTraced') throw thrown
      refusal ??= thrown
    }
  }
  throw refusal ?? new FairleadError('NotTraced', `ConfigMap ${applier.namespace}/${name} is not declared in Git.`)
}

function snapshotsOf(applier: Applier | undefined): Snapshot[] {
  if (applier === undefined) return []
  const outer = snapshotsOf(applier.declaredBy)
  if (applier.kind === 'Kustomization') return [applier.folder.branch.snapshot, ...outer]
  if (applier.kind === 'HelmRelease') return [...(applier.chart ? [applier.chart.branch.snapshot] : []), ...outer]
  return [...applier.sources.flatMap((source) => source?.snapshot ?? []), ...outer]
}

function nameOf({ namespace, name }: KustomizationApplier): string {
  return `Kustomization ${namespace}/${name}`
}

import { orRefusal } from '../../../errors.ts'
import { normaliseRepositoryUrl } from '../../change/repository-url.ts'
import type { ApplicationApplier, Applier, GitBranch } from '../applier.ts'
import type { Snapshot } from '../snapshot.ts'
import { enterAll, textOf, whereIs } from '../yaml/place.ts'
import { applicationsIn } from './application-manifest.ts'
import { type ApplicationSet, generatedApplication, readApplicationSet } from './application-set.ts'
import { argoGroup, type Declare, type DeclaredApplication } from './declared-application.ts'

/**
 * The Application as an ApplicationSet under what applied it makes it: the one that is known to, else the first that does;
 * undefined when none does. The refusals of `generatedApplication`.
 */
export function madeApplication(
  applier: ApplicationApplier,
  declaredBy: Applier,
  declare: Declare,
): DeclaredApplication | undefined {
  const { applicationSet, namespace } = applier
  const names = applicationSet === undefined ? branchesOf(declaredBy).flatMap(setsIn) : [applicationSet]
  for (const name of new Set(names)) {
    const identity = { group: argoGroup, kind: 'ApplicationSet', namespace, name }
    const manifest = orRefusal(
      () => declare(declaredBy, identity),
      () => undefined,
    )
    if (manifest === undefined) continue
    const set = setOf(manifest, [manifest.branch, ...applier.sources.flatMap((one) => one ?? [])])
    const generated = generatedApplication(set, applier.name)
    if (generated !== undefined) {
      return { fields: generated.own.fields(), manifest, generated, homes: new Map(generated.homes) }
    }
  }
  return undefined
}

interface Known {
  snapshots: readonly Snapshot[]
  set: ApplicationSet
}

/** By the snapshot of the manifest: one set may make hundreds of Applications, and each is traced. */
const known = new WeakMap<Snapshot, Map<string, Known>>()

function setOf(manifest: ReturnType<Declare>, branches: readonly GitBranch[]): ApplicationSet {
  const { snapshot } = manifest.branch
  const sets = known.get(snapshot) ?? new Map<string, Known>()
  known.set(snapshot, sets)
  const key = `${manifest.build.root} ${whereIs(manifest.manifest)}`
  const snapshots = branches.map((branch) => branch.snapshot)
  const before = sets.get(key)
  const isSame = before?.snapshots.every((one, index) => one === snapshots[index]) ?? false
  if (before !== undefined && isSame && before.snapshots.length === snapshots.length) return before.set
  const set = readApplicationSet(manifest.merged, (url, revision) =>
    branches.find((branch) => isBranch(branch, url, revision)),
  )
  sets.set(key, { snapshots, set })
  return set
}

/**
 * Is this the branch that an address and a revision mean? HEAD is taken for the branch at hand, and a folder on disk
 * stands for all.
 */
export function isBranch({ repository, name }: GitBranch, url: string, revision: string): boolean {
  if (repository === '') return true
  const isNamed = revision === '' || revision === 'HEAD' || revision === name
  return (
    isNamed &&
    orRefusal(
      () => normaliseRepositoryUrl(url),
      () => undefined,
    ) === repository
  )
}

function branchesOf(applier: Applier): GitBranch[] {
  if (applier.kind === 'Kustomization') return [applier.folder.branch]
  return applier.kind === 'Application' ? applier.sources.flatMap((one) => one ?? []) : []
}

function setsIn({ snapshot }: GitBranch): string[] {
  const sets = applicationsIn(snapshot, 'ApplicationSet')
  return sets.flatMap((set) => textOf(enterAll(set, 'metadata', 'name')) ?? [])
}

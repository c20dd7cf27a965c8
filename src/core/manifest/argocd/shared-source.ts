import { FairleadError, orRefusal } from '../../../errors.ts'
import { type ApplicationApplier, type GitBranch, isSameBranch } from '../applier.ts'
import { buildOf } from '../kustomize/build.ts'
import { kustomizationIn } from '../kustomize/kustomization.ts'
import { isWithin, joinPath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { enterAllMerged, type Merged, mergedText } from '../yaml/merged.ts'
import { whereIs } from '../yaml/place.ts'
import { environmentOf } from './application.ts'
import { applicationsIn } from './application-manifest.ts'
import type { MadeApplication } from './application-set.ts'
import type { BuildEnvironment } from './build-environment.ts'
import type { DeclaredApplication } from './declared-application.ts'
import { directoryBuild } from './directory.ts'
import { isBranch } from './made-application.ts'
import { type ApplicationSource, sourcesOf } from './source.ts'
import { type SourceType, sourceTypeOf } from './source-type.ts'
import { valueFilesOf } from './value-file.ts'

/** Another Application, as far as it tells which files it is rendered from. */
interface OtherApplication {
  /** `file:line`. */
  where: string
  name: string
  sources: readonly ReadSource[]
}

interface ReadSource extends ApplicationSource {
  type: SourceType
  environment: BuildEnvironment
}

/**
 * Other Applications that are rendered from a file too: those that the same ApplicationSet makes, and those that are
 * written anywhere on the branches at hand. Evidence lines.
 */
export function otherApplications(
  application: DeclaredApplication,
  applier: ApplicationApplier,
  file: string,
  home: GitBranch,
): string[] {
  const { generated, manifest } = application
  const all = [manifest?.branch, ...applier.sources].filter((one) => one !== undefined)
  const branches = all.filter((one, index) => all.findIndex((other) => isSameBranch(one, other)) === index)
  const own = manifest === undefined ? '' : whereIs(manifest.manifest)
  const made = (generated?.others ?? []).flatMap((one) => otherMade(one, applier.namespace, branches))
  const others = [...made, ...writtenApplications(branches).filter(({ where }) => where !== own)]
  const reading = others.filter((other) => other.sources.some((source) => reads(other, source, file, home)))
  const lines = reading.map(({ where, name }) => `${where} Application ${name} is rendered from it too`)
  return [...new Set([...lines, ...(generated?.unknown ?? [])])]
}

/** An Application of a set is made anew when a branch moves, so that what was read of it stays true. */
const knownMade = new WeakMap<MadeApplication, readonly OtherApplication[]>()

function otherMade(
  made: MadeApplication,
  namespace: string,
  branches: readonly GitBranch[],
): readonly OtherApplication[] {
  const before = knownMade.get(made) ?? readable(made.element.where, made.fields, namespace, branches)
  knownMade.set(made, before)
  return before
}

interface Known {
  snapshots: readonly Snapshot[]
  applications: readonly OtherApplication[]
}

/** By the first snapshot: hundreds of workloads are traced in the same commits. */
const known = new WeakMap<Snapshot, Known>()

function writtenApplications(branches: readonly GitBranch[]): readonly OtherApplication[] {
  const snapshots = branches.map(({ snapshot }) => snapshot)
  const [first] = snapshots
  if (first === undefined) return []
  const before = known.get(first)
  if (
    before?.snapshots.every((one, index) => one === snapshots[index]) &&
    before.snapshots.length === snapshots.length
  ) {
    return before.applications
  }
  const applications = snapshots.flatMap((snapshot) =>
    applicationsIn(snapshot).flatMap((place) => readable(whereIs(place), () => [{ place }], '', branches)),
  )
  known.set(first, { snapshots, applications })
  return applications
}

/** What cannot be read renders nothing that is known. */
function readable(
  where: string,
  fieldsOf: () => Merged,
  namespace: string,
  branches: readonly GitBranch[],
): OtherApplication[] {
  try {
    const fields = fieldsOf()
    const name = mergedText(enterAllMerged(fields, 'metadata', 'name')) ?? ''
    const own = { namespace: mergedText(enterAllMerged(fields, 'metadata', 'namespace')) ?? namespace, name }
    const branchAt = (_: number, source: { repoUrl: string; targetRevision: string }) =>
      branches.find((branch) => isBranch(branch, source.repoUrl, source.targetRevision))
    const sources = sourcesOf(fields, own, branchAt, new Map())
    const read = sources.map((source): ReadSource => {
      return { ...source, type: sourceTypeOf(source), environment: environmentOf(name, fields, source) }
    })
    return [{ where, name, sources: read }]
  } catch (thrown) {
    if (thrown instanceof FairleadError) return []
    throw thrown
  }
}

function reads(other: OtherApplication, source: ReadSource, file: string, home: GitBranch): boolean {
  return orRefusal(
    () => isReadBy(other, source, file, home),
    () => false,
  )
}

function isReadBy({ sources }: OtherApplication, source: ReadSource, file: string, home: GitBranch): boolean {
  const { branch, path } = source
  const isHome = branch !== undefined && isSameBranch(branch, home)
  const isBelow = isHome && isWithin(path, file)
  // A file beside the source belongs to the Application that it names.
  if (isBelow && /(^|\/)\.argocd-source-[^/]*$/.test(file)) return false
  if (isHome && file === joinPath(path, '.argocd-source.yaml')) return true
  switch (source.type) {
    case 'plugin':
      return isBelow
    case 'directory':
      return isBelow && directoryBuild(home.snapshot, path, source.fields).sources.some((one) => one.file === file)
    case 'kustomize':
      return isHome && kustomizes(home.snapshot, path, file)
    case 'helm': {
      const files = valueFilesOf(source, sources, source.environment)
      const isNamed = files.some((one) => 'path' in one && isSameBranch(one.branch, home) && one.path === file)
      return isNamed || (isBelow && source.chart === '' && /(^|\/)values\.yaml$/.test(file))
    }
  }
}

function kustomizes(snapshot: Snapshot, path: string, file: string): boolean {
  if (isWithin(path, file)) return kustomizationIn(snapshot, path) !== undefined
  const build = buildOf(snapshot, path)
  return build.kustomizations.has(file) || build.sources.some((source) => source.file === file)
}

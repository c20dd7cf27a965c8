import { FairleadError } from '../../../errors.ts'
import { withoutCredentials } from '../../change/repository-url.ts'
import { followedBy } from '../../sync/argo-revision.ts'
import type { GitBranch } from '../applier.ts'
import { valuesInFile } from '../helm/values-text.ts'
import { joinPath, repositoryPath } from '../repository-path.ts'
import { enterAllMerged, enterMerged, isWritten, type Merged, mergedItems, mergedText } from '../yaml/merged.ts'
import { whereIs } from '../yaml/place.ts'
import type { YamlSource } from '../yaml/source.ts'

/** In which branch the files lie from which places come; those that are not here lie with the Application itself. */
export type Homes = Map<YamlSource, GitBranch>

/** The branch at hand for the source at a position. */
export type BranchAt = (index: number, source: { repoUrl: string; targetRevision: string }) => GitBranch | undefined

/** What an Application is called. */
export interface ApplicationName {
  namespace: string
  name: string
}

/** One source of an Application as Git has it. */
export interface ApplicationSource {
  /** Which one, e.g. `spec.sources[1]`. */
  field: string
  /** `file:line` for evidence. */
  where: string
  /** Its fields, with `.argocd-source.yaml` and the like of its folder on top. */
  fields: Merged
  repoUrl: string
  targetRevision: string
  /** Folder in the repository, in its one form. */
  path: string
  chart: string
  /** Name under which value files of other sources reach this one, `''` when absent. */
  ref: string
  /** Undefined when it is no branch at hand: a chart repository, a tag, another repository. */
  branch: GitBranch | undefined
}

/**
 * The sources of an Application, in order: the dry source of a hydrator (what the hydrator writes is never edited), else
 * `spec.sources`, else `spec.source`, as in Argo CD.
 */
export function sourcesOf(
  application: Merged,
  applier: ApplicationName,
  branchAt: BranchAt,
  homes: Homes,
): ApplicationSource[] {
  const spec = enterMerged(application, 'spec')
  const dry = enterAllMerged(spec, 'sourceHydrator', 'drySource')
  const several = mergedItems(enterMerged(spec, 'sources'))
  const single = enterMerged(spec, 'source')
  const named: [string, Merged][] = isWritten(dry)
    ? [['spec.sourceHydrator.drySource', dry]]
    : several.length > 0
      ? several.map((one, index) => [`spec.sources[${index}]`, one])
      : isWritten(single)
        ? [['spec.source', single]]
        : []
  return named.map(([field, fields], index) => {
    const source = sourceOf(fields, field, index, branchAt)
    return { ...source, fields: [...overridesOf(source, applier, homes), ...fields] }
  })
}

function sourceOf(fields: Merged, field: string, index: number, branchAt: BranchAt): ApplicationSource {
  const text = (key: string) => mergedText(enterMerged(fields, key)) ?? ''
  const [first] = fields
  const where = first === undefined ? field : whereIs(first.place)
  const path = repositoryPath(text('path'))
  if (path === undefined) {
    throw new FairleadError('ManifestInvalid', `${where} ${field} has a path outside the repository.`)
  }
  const [repoUrl, targetRevision, chart, ref] = [text('repoURL'), text('targetRevision'), text('chart'), text('ref')]
  const named = { field, where, fields, repoUrl, targetRevision, path, chart, ref }
  return { ...named, branch: chart === '' ? branchAt(index, named) : undefined }
}

/**
 * What the source's folder lays over the Application's own fields, the winner first: Argo CD merges
 * `.argocd-source.yaml` and then `.argocd-source-<application>.yaml` into the source (its reposerver). An Application
 * outside Argo CD's namespace is called `<namespace>_<name>` there.
 */
function overridesOf({ branch, path }: ApplicationSource, { namespace, name }: ApplicationName, homes: Homes): Merged {
  if (branch === undefined) return []
  const { snapshot } = branch
  const qualified = joinPath(path, `.argocd-source-${namespace}_${name}.yaml`)
  const plain = joinPath(path, `.argocd-source-${name}.yaml`)
  const own = snapshot.mode(qualified) === undefined ? plain : qualified
  return [own, joinPath(path, '.argocd-source.yaml')].flatMap((file) => {
    if (snapshot.mode(file) === undefined) return []
    const root = valuesInFile(snapshot, file)
    if (root === undefined) return []
    homes.set(root.source, branch)
    return [{ place: root }]
  })
}

/** A source that only lends its files to others renders nothing itself. */
export function rendersNothing({ ref, path, chart }: ApplicationSource): boolean {
  return ref !== '' && path === '' && chart === ''
}

/**
 * The branch of a source, to which a commit can be made. `PinnedRevision` when it follows something else, `NotTraced`
 * when its branch is not at hand, `OwnerNotReady` when the cluster still follows another one than Git says.
 */
export function branchOfSource(source: ApplicationSource): GitBranch {
  const { branch, field, where, repoUrl, targetRevision } = source
  const name = branch?.name ?? ''
  const followed = followedBy(source, name !== '' && name === targetRevision ? [name] : undefined)
  const what = `${where} ${field}`
  if (followed.kind === 'pinned') {
    throw new FairleadError('PinnedRevision', `${what} follows ${followed.what}, not a branch.`)
  }
  if (branch === undefined) {
    throw new FairleadError(
      'NotTraced',
      `${what}: ${withoutCredentials(repoUrl)} is not at hand; configure the repository.`,
    )
  }
  if (followed.kind === 'branch' && name !== '' && name !== followed.branch) {
    const why = `Git says ${targetRevision}, and the cluster follows ${name}`
    throw new FairleadError('OwnerNotReady', `${what}: ${why}; the Application is not applied yet.`)
  }
  return branch
}

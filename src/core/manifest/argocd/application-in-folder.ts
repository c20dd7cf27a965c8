import { FairleadError } from '../../../errors.ts'
import type { ApplicationApplier, Applier, GitBranch, GitFolder, KustomizationApplier } from '../applier.ts'
import { outermostIncluders } from '../kustomize/including-folder.ts'
import { folderOf, repositoryPath } from '../repository-path.ts'
import { enterAll, type Place, textOf } from '../yaml/place.ts'
import { applicationInGit, declaredSources } from './application.ts'
import { applicationsIn } from './application-manifest.ts'
import type { Declare } from './declared-application.ts'
import { type ApplicationName, rendersNothing } from './source.ts'

/** Sources of one Application that are looked at; real ones have three. */
const maxSources = 100
/** Applications of Applications that are followed. */
const maxDepth = 4

/**
 * The Application that is asked about, as what is applied from a folder tells: declared there, made by an ApplicationSet
 * there, or declared by an Application that is (app-of-apps). All its sources are taken to be this repository.
 * Otherwise the refusal of the folder itself.
 */
export function applicationInFolder(
  root: KustomizationApplier,
  asked: ApplicationName,
  isSettled: boolean,
  declare: Declare,
): ApplicationApplier {
  const { branch } = root.folder
  let parents: readonly Applier[] = [root]
  for (let depth = 0; depth < maxDepth && parents.length > 0; depth += 1) {
    for (const parent of parents) {
      const applier = applierOf(asked, branch, parent, isSettled)
      if (isDeclared(applier, declare)) return applier
    }
    parents = parents.flatMap((parent) => childrenOf(parent, branch, declare))
  }
  const direct = applierOf(asked, branch, root, isSettled)
  applicationInGit(direct, declare)
  return direct
}

/**
 * The one Application of the repository that is pointed at a folder; undefined when there is none or several are, or when
 * it cannot be told how its own manifest gets to the cluster.
 */
export function applicationPointedAt(
  { folder }: KustomizationApplier,
  isSettled: boolean,
  declare: Declare,
): ApplicationApplier | undefined {
  const { branch } = folder
  const path = repositoryPath(folder.path)
  const pointed = applicationsIn(branch.snapshot).flatMap((manifest): ApplicationApplier[] => {
    const declaredBy = declaringFolder(manifest, folder)
    if (declaredBy === undefined) return []
    const applier = applierOf(nameOf(manifest), branch, declaredBy, isSettled)
    return path !== undefined && pointsAt(applier, path, declare) ? [applier] : []
  })
  return pointed.length === 1 ? pointed[0] : undefined
}

function applierOf(
  { namespace, name }: ApplicationName,
  branch: GitBranch,
  declaredBy: Applier,
  isSettled: boolean,
): ApplicationApplier {
  const sources = Array.from({ length: maxSources }, () => branch)
  return { kind: 'Application', namespace, name, sources, isSettled, declaredBy }
}

function nameOf(manifest: Place): ApplicationName {
  const text = (key: string) => textOf(enterAll(manifest, 'metadata', key)) ?? ''
  return { namespace: text('namespace'), name: text('name') }
}

function isDeclared(applier: ApplicationApplier, declare: Declare): boolean {
  try {
    applicationInGit(applier, declare)
    return true
  } catch (thrown) {
    // What is found and cannot be followed is found.
    if (thrown instanceof FairleadError) return thrown.code !== 'NotTraced' && thrown.code !== 'PinnedRevision'
    throw thrown
  }
}

/** The Applications on the branch that this one declares. */
function childrenOf(parent: Applier, branch: GitBranch, declare: Declare): ApplicationApplier[] {
  const named = applicationsIn(branch.snapshot).map(nameOf)
  const others = named.filter(({ name }) => parent.kind !== 'Application' || name !== parent.name)
  return others.map((one) => applierOf(one, branch, parent, true)).filter((child) => isDeclared(child, declare))
}

function pointsAt(applier: ApplicationApplier, folder: string, declare: Declare): boolean {
  try {
    const sources = declaredSources(applicationInGit(applier, declare), applier)
    return sources.some((source) => source.chart === '' && source.path === folder && !rendersNothing(source))
  } catch (thrown) {
    if (thrown instanceof FairleadError) return false
    throw thrown
  }
}

/** The folder from which a manifest is applied: its own, or that of the one kustomization which takes it in at last. */
function declaringFolder(manifest: Place, { branch }: GitFolder): KustomizationApplier | undefined {
  const { file } = manifest.source
  const [path = folderOf(file), second] = outermostIncluders(branch.snapshot, file)
  if (second !== undefined) return undefined
  return { kind: 'Kustomization', namespace: '', name: '', folder: { branch, path }, alters: [] }
}

import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import { resolvePath } from '../repository-path.ts'
import { enterAllMerged, mergedItems, mergedText } from '../yaml/merged.ts'
import type { Place } from '../yaml/place.ts'
import { whereIs } from '../yaml/place.ts'
import { type BuildEnvironment, fillVariables } from './build-environment.ts'
import { fileGlob, isGlob } from './file-glob.ts'
import type { ApplicationSource } from './source.ts'

/** A values file of a source, or why it cannot be read here. */
export type ValueFile = { entry: Place; branch: GitBranch; path: string } | { entry: Place; unknown: string }

/** A name of the list, with the variables filled in. */
interface Named {
  entry: Place
  /** Undefined when nobody knows here what it stands for. */
  target: { branch: GitBranch; path: string } | undefined
  text: string
}

/**
 * The values files of a Helm source in the order in which Helm reads them, the last one winning. A name is relative to the
 * source's folder, or with a leading slash to its repository; `$name/…` is in the repository of the source with that
 * `ref`. Globs give their files in bytewise order, without those that are named too (Argo CD's reposerver).
 * `ManifestInvalid` when a file is missing and `ignoreMissingValueFiles` does not allow it.
 */
export function valueFilesOf(
  source: ApplicationSource,
  sources: readonly ApplicationSource[],
  environment: BuildEnvironment,
): ValueFile[] {
  const named = mergedItems(enterAllMerged(source.fields, 'helm', 'valueFiles')).flatMap((item): Named[] => {
    const entry = item[0]?.place
    const text = mergedText(item)
    return entry === undefined || text === undefined ? [] : [namedFile(entry, text, source, sources, environment)]
  })
  const explicit = new Set(named.flatMap((one) => (one.target === undefined ? [] : keyOf(one.target))))
  const mayMiss = mergedText(enterAllMerged(source.fields, 'helm', 'ignoreMissingValueFiles')) === 'true'
  const files = named.flatMap((one) => filesOf(one, explicit, mayMiss))
  const keys = files.map((file) => ('path' in file ? keyOf(file) : ''))
  return files.filter((file, index) => !('path' in file) || keys.indexOf(keyOf(file)) === index)
}

function namedFile(
  entry: Place,
  text: string,
  source: ApplicationSource,
  sources: readonly ApplicationSource[],
  environment: BuildEnvironment,
): Named {
  const [first = '', ...rest] = text.split('/')
  const lender = first.startsWith('$') ? sources.find(({ ref }) => ref !== '' && `$${ref}` === first) : undefined
  const filled = fillVariables(lender === undefined ? text : `/${rest.join('/')}`, environment)
  const branch = lender === undefined ? source.branch : lender.branch
  const isLocal = filled !== undefined && !/^[a-z][a-z0-9+.-]*:/i.test(filled)
  if (branch === undefined || !isLocal) return { entry, target: undefined, text }
  const path = filled.startsWith('/') ? resolvePath('', filled.replace(/^\/+/, '')) : resolvePath(source.path, filled)
  return { entry, target: path === undefined ? undefined : { branch, path }, text }
}

function filesOf({ entry, target, text }: Named, explicit: ReadonlySet<string>, mayMiss: boolean): ValueFile[] {
  if (target === undefined) return [{ entry, unknown: `the value file ${text} is not in a branch that is read here` }]
  const { branch, path } = target
  if (isGlob(path)) {
    const matches = matchesOf(path, branch).map((match) => ({ entry, branch, path: match }))
    if (matches.length === 0 && !mayMiss) throw missing(entry, text)
    return matches.filter((match) => !explicit.has(keyOf(match)))
  }
  if (branch.snapshot.text(path) !== undefined) return [{ entry, branch, path }]
  if (branch.snapshot.mode(path) !== undefined) {
    return [{ entry, unknown: `the value file ${path} is no regular text file up to 1 MiB` }]
  }
  if (mayMiss) return []
  throw missing(entry, text)
}

function matchesOf(pattern: string, { snapshot }: GitBranch): string[] {
  try {
    return snapshot.paths.filter(fileGlob(pattern))
  } catch {
    return []
  }
}

function keyOf({ branch, path }: { branch: GitBranch; path: string }): string {
  return `${branch.repository} ${branch.name} ${path}`
}

function missing(entry: Place, text: string): FairleadError {
  return new FairleadError('ManifestInvalid', `${whereIs(entry)} names the value file ${text}, which is not there.`)
}

import { FairleadError } from '../../../errors.ts'
import type { ApplicationApplier, GitBranch } from '../applier.ts'
import { enterAllMerged, type Merged, mergedText } from '../yaml/merged.ts'
import { type Place, rootPlace, whereIs } from '../yaml/place.ts'
import { parseYaml } from '../yaml/source.ts'
import type { BuildEnvironment } from './build-environment.ts'
import { argoGroup, type Declare, type DeclaredApplication } from './declared-application.ts'
import { madeApplication } from './made-application.ts'
import { type ApplicationSource, sourcesOf } from './source.ts'

/** The file in messages about an Application that is nowhere in Git. */
const liveFile = 'live Application'

/**
 * The Application under what applied it: its own manifest, else the ApplicationSet that makes it. Without anything that
 * applied it the live one tells the way, and cannot be changed. The refusals of `findDeclared` and
 * `generatedApplication`.
 */
export function applicationInGit(applier: ApplicationApplier, declare: Declare): DeclaredApplication {
  const { declaredBy, namespace, name, live } = applier
  if (declaredBy === undefined) {
    if (live === undefined) throw undeclared(applier)
    return { fields: liveFields(live.spec), manifest: undefined, homes: new Map() }
  }
  if (applier.applicationSet !== undefined) {
    const made = madeApplication(applier, declaredBy, declare)
    if (made !== undefined) return made
    const what = `Application ${name} is made by the ApplicationSet ${applier.applicationSet}`
    throw new FairleadError('NotTraced', `${what}, which does not make it as Git has it.`)
  }
  try {
    const manifest = declare(declaredBy, { group: argoGroup, kind: 'Application', namespace, name })
    return { fields: manifest.merged, manifest, homes: new Map() }
  } catch (thrown) {
    if (!(thrown instanceof FairleadError) || thrown.code !== 'NotTraced') throw thrown
    const made = madeApplication(applier, declaredBy, declare)
    if (made !== undefined) return made
    throw thrown
  }
}

/** The sources of an Application as Git has it. */
export function declaredSources(application: DeclaredApplication, applier: ApplicationApplier): ApplicationSource[] {
  return sourcesOf(application.fields, applier, (index) => applier.sources[index], application.homes)
}

/** Where a place of the Application's fields lies. `Masked` when it is nowhere in Git. */
export function homeIn(application: DeclaredApplication, place: Place): GitBranch {
  const home = application.homes.get(place.source) ?? application.manifest?.branch
  if (home !== undefined) return home
  const why = 'the Application itself decides the image, and nothing in Git declares it'
  throw new FairleadError('Masked', `${whereIs(place)}: ${why}; put its manifest into Git.`)
}

/** The variables that Argo CD fills in for a source (its reposerver); the revision is not among them. */
export function environmentOf(name: string, fields: Merged, source: ApplicationSource): BuildEnvironment {
  const text = (...steps: string[]) => mergedText(enterAllMerged(fields, 'spec', ...steps)) ?? ''
  return new Map([
    ['ARGOCD_APP_NAME', name],
    ['ARGOCD_APP_NAMESPACE', text('destination', 'namespace')],
    ['ARGOCD_APP_PROJECT_NAME', text('project') || 'default'],
    ['ARGOCD_APP_SOURCE_PATH', source.path],
    ['ARGOCD_APP_SOURCE_REPO_URL', source.repoUrl],
    ['ARGOCD_APP_SOURCE_TARGET_REVISION', source.targetRevision],
  ])
}

function liveFields(spec: unknown): Merged {
  const source = parseYaml(liveFile, JSON.stringify({ spec: spec ?? null }))
  const [document] = source.documents
  const root = document === undefined ? undefined : rootPlace(source, document)
  return root === undefined ? [] : [{ place: root }]
}

function undeclared({ namespace, name }: ApplicationApplier): FairleadError {
  const who = `Application ${namespace}/${name}`
  return new FairleadError('NotTraced', `${who}: where Git declares it is not known.`)
}

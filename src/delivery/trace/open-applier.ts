import type { Applier, GitBranch } from '../../core/manifest/applier.ts'
import {
  type ApplicationOwner,
  type Applied,
  type EngineObjects,
  type GitPlace,
  type HelmReleaseOwner,
  type KustomizationOwner,
  type Owner,
  ownerName,
  ownerObject,
} from '../../core/manifest/origin.ts'
import { hasApplied } from '../../core/sync/applied-head.ts'
import { FairleadError } from '../../errors.ts'
import type { Repositories } from '../repositories.ts'
import type { BranchReader } from './branch-reader.ts'
import { decidingOwner, declaringOwner } from './owner-chain.ts'
import { applicationsBeside, kustomizationsBeside } from './owners-beside.ts'

export interface OpenApplierDeps {
  engine: EngineObjects
  repositories: Repositories
  readBranch: BranchReader
}

/**
 * Who applies a workload, or decides the chart of a release, with the heads of all branches that take part in deciding
 * what it runs. Throws the named refusal when nobody does, or when a branch that is needed cannot be read.
 */
export async function openApplier(workload: Applied, deps: OpenApplierDeps): Promise<Applier> {
  return open(decidingOwner(workload, deps.engine), { ...deps, passed: [] })
}

/** On the way outwards; `passed` are the owners that were met already. */
interface Opening extends OpenApplierDeps {
  passed: readonly string[]
}

function open(owner: Owner, opening: Opening): Promise<Applier> {
  switch (owner.kind) {
    case 'Kustomization':
      return openKustomization(owner, opening)
    case 'HelmRelease':
      return openRelease(owner, opening)
    case 'Application':
      return openApplication(owner, opening)
  }
}

async function openKustomization(owner: KustomizationOwner, opening: Opening): Promise<Applier> {
  const { kustomization, source, place } = owner
  const { namespace, name, path, targetNamespace, overrides } = kustomization
  const folder = { branch: await readPlace(place, source.revision, opening), path }
  const isOurOwn = opening.passed.includes(ownerName(owner))
  // The one at the top declares itself; once around is enough.
  const declaredBy = overrides.length === 0 || isOurOwn ? undefined : await openDeclaring(owner, opening)
  const beside = kustomizationsBeside(owner, opening.engine)
  return { kind: 'Kustomization', namespace, name, folder, targetNamespace, alters: overrides, beside, declaredBy }
}

async function openRelease(owner: HelmReleaseOwner, opening: Opening): Promise<Applier> {
  const { release, chart } = owner
  const { namespace, name } = release
  const declaredBy = await openDeclaring(owner, opening)
  const branch = chart === undefined ? undefined : await readPlace(chart.place, chart.source.revision, opening)
  const isChartAtHead = branch === undefined || chart?.source.revision?.endsWith(branch.snapshot.revision) === true
  const isDeclaredAtHead = isAtHead(declaringOwner(owner, opening.engine), declaredBy)
  return {
    kind: 'HelmRelease',
    namespace,
    name,
    isSettled: release.isDeployed && isChartAtHead && isDeclaredAtHead,
    chart: chart === undefined || branch === undefined ? undefined : { branch, path: chart.path },
    declaredBy,
  }
}

async function openApplication(owner: ApplicationOwner, opening: Opening): Promise<Applier> {
  const { application, places } = owner
  const { namespace, name, applicationSet, object } = application
  const sources: (GitBranch | undefined)[] = []
  for (const [index, place] of places.entries()) {
    sources.push(place && (await readKnownPlace(place, application.revisions[index], opening)))
  }
  const [first] = places.filter((place) => place !== undefined)
  // None of them is ours: the refusal says which repository is missing.
  if (first !== undefined && sources.every((one) => one === undefined)) await readPlace(first, undefined, opening)
  const declaredBy = await openDeclaringIfAny(owner, opening)
  const live = { spec: object.spec }
  const defaultBranch = async (repository: string) => {
    return (await readPlace({ repository, branch: '' }, undefined, opening)).name
  }
  const beside = await applicationsBeside(owner, sources, opening.engine, defaultBranch)
  const applier = { kind: 'Application', namespace, name, sources, beside, applicationSet, declaredBy, live } as const
  return { ...applier, isSettled: application.isSettled && isAtHead(owner, { ...applier, isSettled: true }) }
}

function openDeclaring(owner: Owner, opening: Opening): Promise<Applier> {
  const passed = [...opening.passed, ownerName(owner)]
  return open(declaringOwner(owner, opening.engine), { ...opening, passed })
}

/** An Application that nobody applies from Git can still be read; what it says itself just cannot be changed. */
async function openDeclaringIfAny(owner: ApplicationOwner, opening: Opening): Promise<Applier | undefined> {
  if (opening.passed.includes(ownerName(owner))) return undefined
  try {
    return await openDeclaring(owner, opening)
  } catch (thrown) {
    if (thrown instanceof FairleadError && thrown.code === 'NotTraced') return undefined
    throw thrown
  }
}

async function readPlace(
  { repository: url, branch }: GitPlace,
  revision: string | undefined,
  { repositories, readBranch }: OpenApplierDeps,
): Promise<GitBranch> {
  const repository = repositories.find(url)
  const snapshot = await readBranch({ repository, branch, revision })
  return { repository: repository.url, name: snapshot.branch, snapshot }
}

/** Undefined where the repository is not ours to read: most sources of an Application decide nothing about images. */
async function readKnownPlace(
  place: GitPlace,
  revision: string | undefined,
  opening: Opening,
): Promise<GitBranch | undefined> {
  try {
    return await readPlace(place, revision, opening)
  } catch (thrown) {
    if (thrown instanceof FairleadError && thrown.code === 'RepositoryNotConfigured') return undefined
    throw thrown
  }
}

/** Has the owner applied the very heads that were read? Else Git may be ahead of what runs. */
function isAtHead(owner: Owner, applier: Applier): boolean {
  const object = ownerObject(owner)
  if (applier.kind === 'Kustomization') return hasApplied(object, applier.folder.branch.snapshot.revision)
  if (applier.kind === 'HelmRelease') return false
  return applier.sources.every((source) => source === undefined || hasApplied(object, source.snapshot.revision))
}

import { FairleadError } from '../../errors.ts'
import { type Applier, isSameBranch, type KustomizationApplier } from './applier.ts'
import { declaredByApplication } from './argocd/declared-by-application.ts'
import { findDeclared, type ObjectIdentity } from './declared.ts'
import { type DeclaredThrough, kustomizationBuild } from './flux/kustomization-build.ts'
import { type Place, whereIs } from './yaml/place.ts'

export type { DeclaredThrough }

/**
 * The manifest of an object (a HelmRelease, an Application) under what applied it, with everything laid over it. The
 * refusals of `findDeclared`, and those of what applied it where it alters what it applies; `Templated` when variables are
 * filled into the object.
 */
export function declaredThrough(applier: Applier, identity: ObjectIdentity): DeclaredThrough {
  const found = declaredAsBuilt(applier, identity)
  const filled =
    found.variables?.isActive === true ? found.merged.find(({ place }) => hasPlaceholder(place)) : undefined
  if (filled === undefined) return found
  const where = whereIs(filled.place)
  const message = `${where} ${identity.kind} ${identity.name} holds placeholders that its Kustomization fills in`
  throw new FairleadError('Templated', `${message}; write the values themselves.`, { evidence: [where] })
}

/** `declaredThrough` for readers that know of placeholders. */
export function declaredAsBuilt(applier: Applier, identity: ObjectIdentity): DeclaredThrough {
  if (applier.kind === 'Kustomization') return declaredByKustomization(applier, identity)
  if (applier.kind === 'Application') return declaredByApplication(applier, identity, declaredThrough)
  const who = `${applier.kind} ${applier.namespace}/${applier.name}`
  throw new FairleadError('NotTraced', `${identity.kind} ${identity.name} is made by ${who}; this is not followed.`)
}

function declaredByKustomization(applier: KustomizationApplier, identity: ObjectIdentity): DeclaredThrough {
  const { branch } = applier.folder
  const { build, variables, declared } = kustomizationBuild(applier, declaredAsBuilt)
  const found = findDeclared(branch.snapshot, build, identity, applier.targetNamespace)
  const isElsewhere = declared !== undefined && !isSameBranch(declared.branch, branch)
  const foreign = found.merged.find(({ place }) => place.source.file === declared?.manifest.source.file)
  if (!isElsewhere || foreign === undefined) return { ...found, branch, build, variables }
  const where = whereIs(foreign.place)
  const message = `${where} changes ${identity.kind} ${identity.name}, whose manifest lies in another branch`
  throw new FairleadError('Masked', `${message}.`, { evidence: [where] })
}

function hasPlaceholder({ node, source }: Place): boolean {
  const [start, end] = node.range ?? [0, 0]
  return source.text.slice(start, end).includes('${')
}

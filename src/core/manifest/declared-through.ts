import { FairleadError } from '../../errors.ts'
import type { Applier, GitBranch, KustomizationApplier } from './applier.ts'
import { type DeclaredObject, findDeclared, type ObjectIdentity } from './declared.ts'
import { buildOf } from './kustomize.ts'

/** An object of a GitOps engine as Git declares it, and the branch in which its manifest and patches lie. */
export interface DeclaredThrough extends DeclaredObject {
  branch: GitBranch
}

/**
 * The manifest of an object (a HelmRelease, an Application, a Kustomization, a ConfigMap) under what applied it.
 * The refusals of `findDeclared`; `Masked` where what applied it changes manifests in a way that is not followed.
 */
export function declaredThrough(applier: Applier, identity: ObjectIdentity): DeclaredThrough {
  if (applier.kind === 'Kustomization') return declaredByKustomization(applier, identity)
  const who = `${applier.kind} ${applier.namespace}/${applier.name}`
  throw new FairleadError('NotTraced', `${identity.kind} ${identity.name} is made by ${who}; this is not followed.`)
}

function declaredByKustomization(applier: KustomizationApplier, identity: ObjectIdentity): DeclaredThrough {
  const { branch, path } = applier.folder
  if (applier.alters.length > 0) {
    const evidence = applier.alters.map((field) => `Kustomization ${applier.namespace}/${applier.name} ${field}`)
    const message = `${identity.kind} ${identity.name}: its Kustomization changes manifests itself`
    throw new FairleadError('Masked', `${message}.`, { evidence })
  }
  const build = buildOf(branch.snapshot, path)
  return { ...findDeclared(branch.snapshot, build, identity, applier.targetNamespace), branch }
}

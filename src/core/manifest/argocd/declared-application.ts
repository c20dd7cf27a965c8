import type { Applier, GitBranch } from '../applier.ts'
import type { DeclaredObject, ObjectIdentity } from '../declared.ts'
import type { Build } from '../kustomize/build.ts'
import type { Merged } from '../yaml/merged.ts'
import type { GeneratedApplication } from './application-set.ts'
import type { Homes } from './source.ts'

/** How objects are found under what applied them; handed in, for that may be an Application in turn. */
export type Declare = (
  applier: Applier,
  identity: ObjectIdentity,
) => DeclaredObject & { branch: GitBranch; build: Build }

/** An Application as Git declares it. */
export interface DeclaredApplication {
  /** `metadata` and `spec` after all patches. */
  fields: Merged
  /** Where its manifest, or that of its ApplicationSet, is; undefined when nothing in Git declares it. */
  manifest: ReturnType<Declare> | undefined
  /** Set when an ApplicationSet made it. */
  generated?: GeneratedApplication
  homes: Homes
}

/** API group of Applications and ApplicationSets. */
export const argoGroup = 'argoproj.io'

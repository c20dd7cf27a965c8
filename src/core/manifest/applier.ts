import type { Snapshot } from './snapshot.ts'

/** A branch of a repository with its files at the head. */
export interface GitBranch {
  /** Normalised URL; `''` for a folder on disk. */
  repository: string
  /** `''` for a folder on disk. */
  name: string
  snapshot: Snapshot
}

/** Two branches of one name in one repository are the same branch, whatever snapshots of it are at hand. */
export function isSameBranch(one: GitBranch, other: GitBranch): boolean {
  return one.repository === other.repository && one.name === other.name
}

/** A folder on a branch. */
export interface GitFolder {
  branch: GitBranch
  /** Without `./` and slashes at the ends; `''` = the root of the repository. */
  path: string
}

/**
 * What applies objects to the cluster, and what declares it in turn: from a workload outwards until everything that
 * decides is in Git. Live ones are made from the engine's objects, with every branch at hand; offline a folder stands for
 * the engine that is pointed at it.
 */
export type Applier = KustomizationApplier | HelmReleaseApplier | ApplicationApplier

interface ApplierCommon {
  namespace: string
  /** Of the GitOps object; `''` for a mere folder. */
  name: string
  /** What applied the GitOps object itself; undefined when that is not known or, for a folder, does not matter. */
  declaredBy?: Applier | undefined
}

/** A Flux Kustomization, or any folder that is built with kustomize. */
export interface KustomizationApplier extends ApplierCommon {
  kind: 'Kustomization'
  folder: GitFolder
  targetNamespace?: string | undefined
  /** Other Kustomizations of the cluster that read the same branch: what they build too is not this one's alone. */
  beside?: readonly { name: string; path: string }[] | undefined
  /** Fields of its spec that change what was read from the folder, e.g. `images`; then its own manifest is read too. */
  alters: readonly string[]
}

/** A Flux HelmRelease; its values are in its manifest, and in what that names. */
export interface HelmReleaseApplier extends ApplierCommon {
  kind: 'HelmRelease'
  /** The chart, where it lies in Git; undefined when it comes from a chart repository. */
  chart?: GitFolder | undefined
  /** The cluster runs what Git says now; while it does not, a value may be ahead of the live image. */
  isSettled: boolean
}

/** An Argo CD Application. */
export interface ApplicationApplier extends ApplierCommon {
  kind: 'Application'
  /** By position in `spec.sources` (or the one of `spec.source`); undefined where it is no branch at hand. */
  sources: readonly (GitBranch | undefined)[]
  /** Other Applications of the cluster, and the folders that they read of the same branches. */
  beside?: readonly { name: string; path: string }[] | undefined
  /** Name of the ApplicationSet that made it, where that is known. */
  applicationSet?: string | undefined
  /** As served; only read where nothing in Git declares the Application, and then nothing in it can be changed. */
  live?: { spec?: unknown } | undefined
  isSettled: boolean
}

import { FairleadError } from '../../../errors.ts'
import { type GitBranch, isSameBranch } from '../applier.ts'
import { otherIncluders } from '../kustomize/shared-base.ts'
import type { DeclaredApplication } from './declared-application.ts'

/** A scalar that decides, and where it lies. */
export interface DecidingField {
  file: string
  keyPath: string
  branch: GitBranch
}

/** Does the Application itself decide: its manifest, patches of it, or a parameter of its ApplicationSet? */
export function isFieldOf(application: DeclaredApplication, { file, branch }: DecidingField): boolean {
  const { fields, manifest } = application
  const isWritten =
    manifest !== undefined &&
    isSameBranch(branch, manifest.branch) &&
    fields.some(({ place }) => place.source.file === file)
  return isWritten || isParameterOf(application, { file, branch })
}

/**
 * `SharedBase` when a field of the Application is one of others too: its manifest is part of several roots, or it stands in
 * the template of an ApplicationSet that makes more than one.
 */
export function refuseSharedField(application: DeclaredApplication, field: DecidingField): void {
  const { manifest, generated } = application
  const { file, keyPath, branch } = field
  if (manifest === undefined || isParameterOf(application, field)) return
  const includers = otherIncluders(branch.snapshot, manifest.build, file).map((other) => `${other} includes ${file}`)
  const isElement = /^\d+:spec\.generators\b/.test(keyPath)
  const others = generated === undefined || isElement ? [] : generated.others
  const made = others.map(({ element }) => `${element.where} makes an Application too`)
  const unknown = isElement ? [] : (generated?.unknown ?? [])
  refuseAsShared(file, [...includers, ...made, ...unknown])
}

/** `SharedBase` with the others, if there are any. */
export function refuseAsShared(file: string, others: readonly string[]): void {
  if (others.length === 0) return
  const what = `${file} decides, and others are made from it too`
  throw new FairleadError('SharedBase', `${what}; give each of them a place of its own.`, {
    evidence: others.slice(0, 20),
  })
}

/** Files of parameters belong to one Application each. */
function isParameterOf({ generated }: DeclaredApplication, { file, branch }: Omit<DecidingField, 'keyPath'>): boolean {
  return [...(generated?.homes ?? [])].some(([source, home]) => source.file === file && isSameBranch(home, branch))
}

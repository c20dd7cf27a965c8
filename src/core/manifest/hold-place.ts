import { annotationPrefix } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import type { Applier } from './applier.ts'
import { type BuiltWorkload, findInApplication } from './argocd/application-build.ts'
import { declaredAsBuilt, declaredThrough } from './declared-through.ts'
import { findDeployed, type WorkloadQuery } from './deployed.ts'
import { kustomizationBuild } from './flux/kustomization-build.ts'
import { refuseBuiltBeside, refuseShared } from './kustomize/shared-base.ts'
import type { Snapshot } from './snapshot.ts'
import { objectsOf, type WorkloadManifest } from './workload-manifest.ts'
import type { KeyPath } from './yaml/key-path.ts'
import { enterAll, lineOf, pathOf, textOf } from './yaml/place.ts'
import { readYaml } from './yaml/source.ts'

/** The annotation that holds a workload; with a dot and a name behind it, one of its containers. */
export const holdAnnotation = `${annotationPrefix}hold`

/** Is it a hold of a workload, or of one of its containers? */
export function isHold(key: string): boolean {
  return key === holdAnnotation || key.startsWith(`${holdAnnotation}.`)
}

/** The manifest of a workload, where a hold of it is written. */
export interface HoldPlace extends BuiltWorkload {
  file: string
  line: number
  /** Where the object begins. */
  object: KeyPath
  /** Its holds there, by their keys. */
  holds: ReadonlyMap<string, string>
}

/**
 * The one manifest whose annotations are those of a workload and of nothing else. `Generated` when it is a chart's,
 * `SharedBase` when others are made from it too; the refusals of `findDeployed`.
 */
export function findHoldPlace(applier: Applier, query: WorkloadQuery): HoldPlace {
  const found = inWordsOfHolds(() => findManifest(applier, query))
  const { branch, deployed, build } = found
  const { workload } = deployed
  const times = build.sources.filter(({ file }) => file === workload.file).length
  if (times > 1) {
    const message = `${workload.file} is deployed ${times} times by ${build.root || '.'}; ${heldElsewhere}`
    throw new FairleadError('SharedBase', message)
  }
  const holds = new Map([...workload.allAnnotations].filter(([key]) => isHold(key)))
  return { ...found, file: workload.file, line: workload.line, object: objectOf(branch.snapshot, workload), holds }
}

function findManifest(applier: Applier, query: WorkloadQuery): BuiltWorkload {
  if (applier.kind === 'Kustomization') {
    const { branch } = applier.folder
    const { build } = kustomizationBuild(applier, declaredAsBuilt)
    const { targetNamespace } = applier
    const asked = targetNamespace === undefined ? query : { ...query, targetNamespace }
    const deployed = findDeployed(branch.snapshot, build, asked)
    const { file } = deployed.workload
    refuseShared(branch.snapshot, build, { file, roots: [] })
    refuseBuiltBeside(branch.snapshot, file, { beside: applier.beside })
    return { branch, build, deployed }
  }
  const found = applier.kind === 'Application' ? findInApplication(applier, query, declaredThrough) : undefined
  if (found !== undefined) return found
  const owner = `${applier.kind} ${applier.namespace}/${applier.name}`
  const message = `${query.kind} ${query.namespace}/${query.name} is in no manifest: ${owner} makes it from a chart`
  throw new FairleadError(
    'Generated',
    `${message}; write ${holdAnnotation} on that ${applier.kind} in Git, which holds all of it.`,
  )
}

const heldElsewhere = `a hold there would hold them all: write ${holdAnnotation} under commonAnnotations of the one that is meant.`

/** What shares a manifest is told with images in mind. */
function inWordsOfHolds<T>(find: () => T): T {
  try {
    return find()
  } catch (thrown) {
    if (!(thrown instanceof FairleadError) || thrown.code !== 'SharedBase') throw thrown
    const { evidence } = thrown
    const others = evidence.length === 0 ? '' : ` (${evidence.slice(0, 3).join('; ')})`
    const message = `its manifest is one that others deploy too${others}; ${heldElsewhere}`
    throw new FairleadError('SharedBase', message, { evidence })
  }
}

function objectOf(snapshot: Snapshot, { file, kind, name, line }: WorkloadManifest): KeyPath {
  const text = snapshot.text(file) ?? ''
  const object = objectsOf(readYaml(file, text)).find(
    (one) =>
      lineOf(one) === line &&
      textOf(enterAll(one, 'kind')) === kind &&
      textOf(enterAll(one, 'metadata', 'name')) === name,
  )
  if (object === undefined) throw new FairleadError('Internal', `${file}:${line} is no ${kind} ${name} any more.`)
  return pathOf(object)
}

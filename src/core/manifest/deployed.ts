import { FairleadError } from '../../errors.ts'
import type { Build, BuildSource } from './kustomize/build.ts'
import { allSources, likelySources, liveName, writtenName } from './kustomize/name-index.ts'
import type { Snapshot } from './snapshot.ts'
import { manifestsIn, mayHaveContainers, type WorkloadManifest } from './workload-manifest.ts'

/** A workload manifest as a root deploys it: with the identity it has in the cluster. */
export interface Deployed {
  kind: string
  /** `''` when neither manifest nor kustomization says; then the engine decides. */
  namespace: string
  name: string
  workload: WorkloadManifest
  source: BuildSource
}

/** Live identity of a workload; `namespace` `''` when it is not known. */
export interface WorkloadQuery {
  kind: string
  namespace: string
  name: string
  /** Namespace that the engine forces on everything (Flux `spec.targetNamespace`). */
  targetNamespace?: string
}

/**
 * The one manifest from which the root deploys the workload. `NotTraced` with what comes near, `Generated` when only a
 * chart or plugin can have made it, `Ambiguous` when several manifests fit; or the refusal of a file that names the
 * workload and cannot be read.
 */
export function findDeployed(snapshot: Snapshot, build: Build, query: WorkloadQuery): Deployed {
  const named = likelySources(snapshot, build, query.name)
  const withContainers = named.filter(({ file }) => mayHaveContainers(snapshot.text(file) ?? ''))
  const likely = deployedNamed(snapshot, withContainers, query)
  const found = fitting(likely.named, query)
  if (found !== undefined) return found
  const all = deployedNamed(snapshot, allSources(snapshot, build, query.name), query)
  const other = fitting(all.named, query)
  if (other !== undefined) return other
  throw all.problem ?? notFound(build, query, all.named)
}

/** The one that is meant: same kind and namespace, or the only one of its kind that names no namespace. */
function fitting(named: readonly Deployed[], query: WorkloadQuery): Deployed | undefined {
  const ofKind = named.filter((one) => one.kind === query.kind)
  const exact = ofKind.filter((one) => query.namespace === '' || one.namespace === query.namespace)
  const candidates = exact.length > 0 ? exact : ofKind.filter((one) => one.namespace === '')
  if (candidates.length < 2) return candidates[0]
  const evidence = candidates.map(describe)
  throw new FairleadError('Ambiguous', `${asText(query)} is declared ${candidates.length} times.`, { evidence })
}

/** The identity of a workload after all layers. */
export function deployedAs(source: BuildSource, workload: WorkloadManifest, targetNamespace?: string): Deployed {
  const name = liveName(source, workload.name)
  const namespace = source.layers.findLast((layer) => layer.namespace !== '')?.namespace ?? workload.namespace
  return { kind: workload.kind, namespace: targetNamespace ?? namespace, name, workload, source }
}

interface Named {
  named: Deployed[]
  /** A file that names the workload and could not be read. */
  problem?: FairleadError
}

/** Every workload that has the name in the cluster, of whatever kind and namespace. */
function deployedNamed(snapshot: Snapshot, sources: readonly BuildSource[], query: WorkloadQuery): Named {
  const result: Named = { named: [] }
  for (const source of sources) {
    const name = writtenName(source, query.name)
    try {
      const found = manifestsIn(snapshot, source.file).workloads.filter((workload) => workload.name === name)
      result.named.push(...found.map((workload) => deployedAs(source, workload, query.targetNamespace)))
    } catch (thrown) {
      if (!(thrown instanceof FairleadError)) throw thrown
      result.problem ??= thrown
    }
  }
  return result
}

function notFound(build: Build, query: WorkloadQuery, named: readonly Deployed[]): FairleadError {
  const root = build.root === '' ? 'the root of the repository' : build.root
  const near = named.map(describe)
  if (near.length === 0 && build.generated.length > 0) {
    const evidence = [...build.generated.slice(0, 10), ...build.unfollowed].slice(0, 20)
    const what = 'is in no file, and a chart or plugin there may make it'
    return new FairleadError('Generated', `${asText(query)} ${what} (root: ${root}).`, { evidence })
  }
  const evidence = [...near.slice(0, 10), ...build.unfollowed, ...build.generated].slice(0, 20)
  return new FairleadError('NotTraced', `${asText(query)} is not declared under ${root}.`, { evidence })
}

function describe(one: Deployed): string {
  const namespace = one.namespace === '' ? '' : `${one.namespace}/`
  return `${one.workload.file}:${one.workload.line} declares ${one.kind} ${namespace}${one.name}`
}

function asText(query: WorkloadQuery): string {
  return `${query.kind} ${query.namespace === '' ? '' : `${query.namespace}/`}${query.name}`
}

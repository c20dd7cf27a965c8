import { fluxKustomizeLabels } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import type { FluxKustomization, FluxSource } from '../sync/flux-object.ts'

/** Where the manifests of a live workload come from, according to the GitOps engine that applied it. */
export interface Origin {
  /** URL as the engine has it. */
  repository: string
  branch: string
  /** Folder in the repository the engine is pointed at, without `./` and slashes at the ends; `''` = the root. */
  root: string
  /** `Kustomization/namespace/name`. */
  owner: string
  /** Namespace the engine forces on everything it applies, if any. */
  targetNamespace: string | undefined
}

/** The workload in question, as far as its origin matters. */
export interface Applied {
  kind: string
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
}

/** The Kustomization that a workload's labels nominate, as `namespace/name`; undefined when Flux did not apply it. */
export function nominatedOwner(workload: Applied): string | undefined {
  const name = workload.labels[fluxKustomizeLabels.name]
  const namespace = workload.labels[fluxKustomizeLabels.namespace]
  return name === undefined || namespace === undefined ? undefined : `${namespace}/${name}`
}

/**
 * The origin of a workload. Labels only nominate an owner; the owner's inventory proves it. Throws a named refusal
 * with evidence otherwise. Inventory ids: `<namespace>_<name>_<group>_<kind>` (fluxcd/kustomize-controller, api/v1).
 */
export function resolveOrigin(
  workload: Applied,
  kustomization: FluxKustomization | undefined,
  source: FluxSource | undefined,
): Origin {
  const nominated = nominatedOwner(workload)
  const who = `${workload.kind}/${workload.namespace}/${workload.name}`
  if (nominated === undefined) {
    throw new FairleadError(
      'NotTraced',
      `${who}: carries no label of a GitOps engine; fairlead only changes what Flux applies`,
    )
  }
  const owner = `Kustomization/${nominated}`
  if (kustomization === undefined) {
    throw new FairleadError('OwnerElsewhere', `${who}: its labels name ${owner}, which cannot be read here`)
  }
  if (kustomization.hasKubeConfig) {
    throw new FairleadError('OwnerElsewhere', `${who}: ${owner} applies to another cluster (spec.kubeConfig)`)
  }
  if (!kustomization.inventory.has(`${workload.namespace}_${workload.name}_apps_${workload.kind}`)) {
    if (!kustomization.isSettled) {
      throw new FairleadError('OwnerNotReady', `${who}: ${owner} is still applying; its inventory does not list it yet`)
    }
    const evidence = [`${owner} status.inventory has ${kustomization.inventory.size} entries, not this one`]
    throw new FairleadError('NotOwned', `${who}: ${owner} does not list it in its inventory`, { evidence })
  }
  if (kustomization.overrides.length > 0) {
    const evidence = kustomization.overrides.map((field) => `${owner} ${field}`)
    const message = `${who}: ${owner} changes manifests itself (${kustomization.overrides.join(', ')}); this is not traced yet`
    throw new FairleadError('Masked', message, { evidence })
  }
  return { owner, ...branchOf(who, kustomization, source) }
}

function branchOf(who: string, kustomization: FluxKustomization, source: FluxSource | undefined) {
  const { kind, namespace, name } = kustomization.sourceRef
  const reference = `${kind}/${namespace}/${name}`
  if (kind !== 'GitRepository') {
    throw new FairleadError('PinnedRevision', `${who}: its source ${reference} is no branch of a Git repository`)
  }
  if (source === undefined)
    throw new FairleadError('OwnerElsewhere', `${who}: its source ${reference} cannot be read here`)
  if (source.branch === undefined) {
    throw new FairleadError('PinnedRevision', `${who}: ${reference} follows ${source.pinned}, not a branch`)
  }
  if (source.verifiesSignatures) {
    throw new FairleadError('SignatureRequired', `${who}: ${reference} verifies signatures (spec.verify); not met yet`)
  }
  return {
    repository: source.url,
    branch: source.branch,
    root: kustomization.path,
    targetNamespace: kustomization.targetNamespace,
  }
}

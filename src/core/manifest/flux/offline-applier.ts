import { isMap, isSeq } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { GitBranch, KustomizationApplier } from '../applier.ts'
import { type EngineRoot, engineRoots } from '../engine-root.ts'
import { outermostIncluders } from '../kustomize/including-folder.ts'
import { kustomizationIn } from '../kustomize/kustomization.ts'
import { folderOf, repositoryPath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { enterAll, type Place, textOf } from '../yaml/place.ts'

/** Fields of a Kustomization's spec that change what was read from the folder. */
const alteringFields = [
  'images',
  'patches',
  'patchesStrategicMerge',
  'patchesJson6902',
  'components',
  'namePrefix',
  'nameSuffix',
  'postBuild',
  'commonMetadata',
] as const

/**
 * What applies a folder, as far as its repository tells: the Flux Kustomization that is declared there and points at it,
 * else the folder alone. `Ambiguous` when several point at it and alter what is read from it.
 */
export function offlineApplier(snapshot: Snapshot, root: string): KustomizationApplier {
  const branch: GitBranch = { repository: '', name: '', snapshot }
  const path = repositoryPath(root)
  const folder: KustomizationApplier = {
    kind: 'Kustomization',
    namespace: '',
    name: '',
    folder: { branch, path: path ?? root },
    alters: [],
  }
  const pointing = engineRoots(snapshot).filter((one) => one.kind === 'Kustomization' && one.path === path)
  const altering = pointing.filter(({ manifest }) => altersOf(manifest).length > 0)
  const [only] = altering
  if (only === undefined) return folder
  if (pointing.length > 1) {
    const evidence = pointing.map(({ where, namespace, name }) => `${where} Kustomization ${namespace}/${name}`)
    const message = `${pointing.length} Kustomizations point at ${path || '.'}, and some of them change what is there`
    throw new FairleadError('Ambiguous', `${message}; trace it in the cluster.`, { evidence })
  }
  const { namespace, name, manifest } = only
  const targetNamespace = textOf(enterAll(manifest, 'spec', 'targetNamespace'))
  const declaredBy = declaringFolder(folder, only)
  return { ...folder, namespace, name, alters: altersOf(manifest), declaredBy, targetNamespace }
}

function altersOf(manifest: Place): string[] {
  return alteringFields.filter((field) => {
    const node = enterAll(manifest, 'spec', field)?.node
    if (node === undefined) return false
    return isMap(node) || isSeq(node) ? node.items.length > 0 : textOf(enterAll(manifest, 'spec', field)) !== undefined
  })
}

/** The outermost kustomization that deploys the declaring file; without one its folder, and at last the file alone. */
function declaringFolder(applier: KustomizationApplier, { where, namespace }: EngineRoot): KustomizationApplier {
  const { branch } = applier.folder
  const file = where.slice(0, where.lastIndexOf(':'))
  const roots = outermostIncluders(branch.snapshot, file)
  if (roots.length > 1) {
    const message = `${file} is deployed from ${roots.length} folders, which may change it in their own ways`
    throw new FairleadError('Ambiguous', `${message}; trace it in the cluster.`, { evidence: roots })
  }
  const folder = folderOf(file)
  const isPlain = kustomizationIn(branch.snapshot, folder) === undefined
  const [path = isPlain ? folder : file] = roots
  return { ...applier, namespace, name: '', folder: { branch, path } }
}

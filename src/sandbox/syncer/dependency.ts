import { type Fields, listAt, textAt } from '../json.ts'

/** `namespace/name` of the GitRepository that a Kustomization reads. */
export function sourceKey(object: Fields): string {
  const namespace = textAt(object, 'spec', 'sourceRef', 'namespace') || textAt(object, 'metadata', 'namespace')
  return `${namespace}/${textAt(object, 'spec', 'sourceRef', 'name')}`
}

/** Why a run cannot begin: no artifact, or a dependency that has not applied the same revision. */
export function waitReason(
  object: Fields,
  source: Fields,
  kustomizationOf: (key: string) => Fields | undefined,
): { reason: string; message: string } | undefined {
  const revision = textAt(source, 'status', 'artifact', 'revision')
  if (revision === '') {
    const missing = Object.keys(source).length === 0
    const message = missing
      ? `GitRepository.source.toolkit.fluxcd.io "${textAt(object, 'spec', 'sourceRef', 'name')}" not found`
      : 'Source is not ready, artifact not found'
    return { reason: 'ArtifactFailed', message }
  }
  for (const entry of listAt(object, 'spec', 'dependsOn')) {
    const namespace = textAt(entry, 'namespace') || textAt(object, 'metadata', 'namespace')
    const key = `${namespace}/${textAt(entry, 'name')}`
    const dependency = kustomizationOf(key)
    const isReady = listAt(dependency, 'status', 'conditions').some(
      (one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True',
    )
    if (dependency === undefined || !isReady)
      return { reason: 'DependencyNotReady', message: `dependency '${key}' is not ready` }
    const sameSource = sourceKey(dependency) === sourceKey(object)
    if (sameSource && textAt(dependency, 'status', 'lastAppliedRevision') !== revision) {
      return { reason: 'DependencyNotReady', message: `dependency '${key}' revision is not up to date` }
    }
  }
  return undefined
}

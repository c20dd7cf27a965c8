import type { Fields } from '../json.ts'

function definition(group: string, kind: string, plural: string, shortNames: readonly string[]): Fields {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const status = { ...open, default: { observedGeneration: -1 } }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status } } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema }],
    },
  }
}

/** Flux' kinds with open schemas; only the default of `status.observedGeneration` is Flux' own. */
export const fluxDefinitions: readonly Fields[] = [
  definition('source.toolkit.fluxcd.io', 'GitRepository', 'gitrepositories', ['gitrepo']),
  definition('kustomize.toolkit.fluxcd.io', 'Kustomization', 'kustomizations', ['ks']),
]

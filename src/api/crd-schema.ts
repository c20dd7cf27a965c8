/** A node of an OpenAPI v3 structural schema, with the extensions of Kubernetes. */
export interface Schema {
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  description?: string
  properties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  additionalProperties?: Schema
  items?: Schema
  enum?: readonly string[]
  format?: 'date-time' | 'int64'
  pattern?: string
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  maxProperties?: number
  minimum?: number
  'x-kubernetes-list-type'?: 'atomic' | 'map'
  'x-kubernetes-list-map-keys'?: readonly string[]
  'x-kubernetes-validations'?: readonly { rule: string; message: string }[]
}

/** Text of at most so many characters. */
export const text = (maxLength: number, description?: string): Schema => ({
  type: 'string',
  maxLength,
  ...(description !== undefined && { description }),
})
/** Text that is not empty. */
export const filled = (maxLength: number, description?: string): Schema => ({
  ...text(maxLength, description),
  minLength: 1,
})
/** RFC 3339. */
export const time = (description?: string): Schema => ({
  type: 'string',
  format: 'date-time',
  ...(description !== undefined && { description }),
})
/** Of a Kubernetes object. */
export const name = filled(253)

/** `metav1.Condition`. */
export const condition: Schema = {
  type: 'object',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    type: filled(316),
    status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
    reason: { ...filled(1024), pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' },
    message: text(1024),
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    lastTransitionTime: time(),
  },
}

/** What is particular about one of our kinds. */
export interface KindParts {
  kind: string
  plural: string
  shortName: string
  description: string
  columns: readonly { name: string; type: string; jsonPath: string; priority?: number }[]
  spec: Schema
  status: Schema
}

/** A kind of ours as it is applied to a cluster: namespaced, with a status of its own. */
export function definitionOf({ kind, plural, shortName, description, columns, spec, status }: KindParts) {
  const any = { type: 'string' } as const
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.fairlead.dev`,
      // Flux would otherwise replace `${…}` in here when a Kustomization substitutes variables
      annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' },
      labels: { 'app.kubernetes.io/name': 'fairlead' },
    },
    spec: {
      group: 'fairlead.dev',
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['fairlead'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              required: ['spec'],
              properties: { apiVersion: { ...any }, kind: { ...any }, metadata: { type: 'object' }, spec, status },
            } satisfies Schema,
          },
        },
      ],
    },
  }
}

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

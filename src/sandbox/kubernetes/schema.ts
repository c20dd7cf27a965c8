import { type Fields, fieldsAt, isFields, listAt, textAt, valueAt } from '../json.ts'

/** A violation: which field, and what is wrong with it. */
export interface Violation {
  field: string
  problem: string
}

/**
 * Applies a structural schema the way the API server does with custom resources: defaults filled in and unknown fields
 * dropped. Only own keys of `properties` count as known.
 */
export function shapeBySchema(value: unknown, schema: Fields): unknown {
  if (Array.isArray(value)) {
    const items = fieldsAt(schema, 'items')
    return value.map((one) => shapeBySchema(one, items))
  }
  if (!isFields(value) || schema['x-kubernetes-preserve-unknown-fields'] === true) return value
  const properties = fieldsAt(schema, 'properties')
  const others = valueAt(schema, 'additionalProperties')
  if (Object.keys(properties).length === 0 && !isFields(others))
    return others === true ? value : keepIfOpen(value, schema)
  const shaped = new Map<string, unknown>()
  for (const [key, one] of Object.entries(value)) {
    if (Object.hasOwn(properties, key)) shaped.set(key, shapeBySchema(one, fieldsAt(properties, key)))
    else if (isFields(others)) shaped.set(key, shapeBySchema(one, others))
  }
  for (const [key, property] of Object.entries(properties)) {
    const fallback = valueAt(property, 'default')
    if (fallback !== undefined && !shaped.has(key)) shaped.set(key, structuredClone(fallback))
  }
  return Object.fromEntries(shaped)
}

/** An object schema without properties drops everything; a schema without a type says nothing. */
function keepIfOpen(value: Fields, schema: Fields): Fields {
  return textAt(schema, 'type') === 'object' ? {} : value
}

/** First violation of type, required, enum or maxLength; patterns, formats and CEL rules are not evaluated. */
export function findViolation(value: unknown, schema: Fields, field = ''): Violation | undefined {
  const type = textAt(schema, 'type')
  if (value === null && schema['nullable'] === true) return undefined
  if (type !== '' && !hasType(value, type) && schema['x-kubernetes-int-or-string'] !== true) {
    const problem = `Invalid value: ${JSON.stringify(value)}: must be of type ${type}`
    return { field: field || '<root>', problem }
  }
  const allowed = listAt(schema, 'enum')
  if (allowed.length > 0 && !allowed.includes(value)) {
    const list = allowed.map((one) => JSON.stringify(one)).join(', ')
    return { field, problem: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}` }
  }
  const maxLength = valueAt(schema, 'maxLength')
  if (typeof value === 'string' && typeof maxLength === 'number' && value.length > maxLength) {
    return { field, problem: `Too long: may not be more than ${maxLength} bytes` }
  }
  return findInside(value, schema, field)
}

function findInside(value: unknown, schema: Fields, field: string): Violation | undefined {
  if (Array.isArray(value)) {
    const items = fieldsAt(schema, 'items')
    return firstOf(value, (one, index) => findViolation(one, items, `${field}[${index}]`))
  }
  if (!isFields(value)) return undefined
  const missing = listAt(schema, 'required').find((key) => typeof key === 'string' && !Object.hasOwn(value, key))
  if (missing !== undefined) return { field: join(field, String(missing)), problem: 'Required value' }
  const properties = fieldsAt(schema, 'properties')
  return firstOf(Object.entries(value), ([key, one]) =>
    Object.hasOwn(properties, key) ? findViolation(one, fieldsAt(properties, key), join(field, key)) : undefined,
  )
}

function firstOf<T>(all: readonly T[], find: (one: T, index: number) => Violation | undefined): Violation | undefined {
  for (const [index, one] of all.entries()) {
    const found = find(one, index)
    if (found !== undefined) return found
  }
  return undefined
}

function join(field: string, key: string): string {
  return field === '' ? key : `${field}.${key}`
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'object') return isFields(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

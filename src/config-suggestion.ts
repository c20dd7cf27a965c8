import { configSchema } from './config-schema.ts'
import { nearestWord } from './core/change/nearest-word.ts'

/** What was probably meant by an unknown key at a place of the configuration: the nearest known one, or all of them. */
export function suggestion(key: string, path: readonly PropertyKey[]): string {
  const known = knownKeys(path)
  const near = nearestWord(key, known)
  if (near !== undefined) return `; did you mean ${near}?`
  return known.length > 0 ? `; known are ${known.join(', ')}` : ''
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema
  for (const key of path) {
    schema = unwrap(schema)
    const def = definitionOf(schema)
    if (def?.['type'] === 'array') schema = def['element']
    else if (def?.['type'] === 'object') schema = (def['shape'] as Record<PropertyKey, unknown>)[key]
    else return []
  }
  const def = definitionOf(unwrap(schema))
  return def?.['type'] === 'object' ? Object.keys(def['shape'] as object) : []
}

function definitionOf(schema: unknown): Record<string, unknown> | undefined {
  return (schema as { _zod?: { def?: Record<string, unknown> } } | undefined)?._zod?.def
}

/** The schema beneath defaults and optionals. */
function unwrap(schema: unknown): unknown {
  let inner = schema
  for (;;) {
    const def = definitionOf(inner)
    if (def?.['innerType'] === undefined) return inner
    inner = def['innerType']
  }
}

import { configSchema } from './config-schema.ts'

/** What was probably meant by an unknown key at a place of the configuration: the nearest known one, or all of them. */
export function suggestion(key: string, path: readonly PropertyKey[]): string {
  const known = knownKeys(path)
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  if (near !== undefined && near.distance <= Math.max(2, Math.floor(key.length / 3))) {
    return `; did you mean ${near.candidate}?`
  }
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

/** Levenshtein distance, for words of at most 64 characters. */
function editDistance(a: string, b: string): number {
  const [from, to] = [a.slice(0, 64), b.slice(0, 64)]
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}

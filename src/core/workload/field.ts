/**
 * Reading single fields out of objects that nobody has checked. A field of another type counts as absent: a status that
 * makes no sense must never stop the loop that reads ten thousand of them.
 */

export type Fields = Readonly<Record<string, unknown>>

const noFields: Fields = Object.freeze({})

/** The value as a map of fields; empty when it is none. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : noFields
}

/** The own field `key`; inherited ones (`constructor`, `__proto__`) do not exist. */
export function field(value: unknown, key: string): unknown {
  const map = fields(value)
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/** The value as a list; empty when it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Text at `key`; a number or a boolean that YAML made of it is not text. */
export function text(value: unknown, key: string): string | undefined {
  const found = field(value, key)
  return typeof found === 'string' ? found : undefined
}

/** Whole number >= 0 at `key`, also when quoted; negative ones are 0, anything else is absent. */
export function count(value: unknown, key: string): number | undefined {
  const number = integer(value, key)
  return number === undefined ? undefined : Math.max(0, number)
}

/** Whole number at `key`, also when quoted; anything else is absent. */
export function integer(value: unknown, key: string): number | undefined {
  const found = field(value, key)
  const number = typeof found === 'string' && /^-?\d{1,15}$/.test(found) ? Number(found) : found
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
  return Math.trunc(number)
}

const noStrings: Record<string, string> = Object.freeze({})

/** The string values of a string map, filtered by name. Own fields only, so `__proto__` is a name like any other. */
export function strings(value: unknown, keep: (name: string) => boolean = () => true): Record<string, string> {
  const kept = Object.entries(fields(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && keep(entry[0]),
  )
  return kept.length === 0 ? noStrings : Object.fromEntries(kept)
}

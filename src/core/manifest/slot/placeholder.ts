import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import type { ManifestValue } from '../workload-manifest.ts'

/** The value of a variable and where it stands. */
export interface Variable extends ManifestValue {
  /** Set when the value cannot be edited where it stands: says why. */
  through?: string
  branch: GitBranch
}

/** Variables whose placeholders (`${name}`) are filled in after the build. */
export interface Variables {
  /** The value that counts; undefined when there is none. Refused when something unreadable may hold it. */
  find(name: string): Variable | undefined
  /** Does it fill in anything at all? Flux does nothing as long as there is no variable. */
  isActive: boolean
}

/** A part of a text: as it stands, or a placeholder. Offsets are positions in the text. */
export type TextPart = { start: number; end: number } & ({ name?: undefined } | Placeholder)

/** `${name}`, or with what counts when the variable is unset or empty, `${name:=1.0}`. */
interface Placeholder {
  name: string
  fallback?: { start: number; end: number }
}

const placeholder = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:=|:-|=)([^{}$\\]*))?\}/y

/**
 * Splits a text at its placeholders, in the forms of Flux's envsubst that plainly say where the value comes from. Its other
 * functions (cutting, replacing, changing case) and escapes are `Templated`.
 */
export function splitPlaceholders(text: string, where: string): TextPart[] {
  const parts: TextPart[] = []
  let at = 0
  for (let next = text.indexOf('$'); next !== -1; next = text.indexOf('$', at)) {
    placeholder.lastIndex = next
    const found = placeholder.exec(text)
    if (found === null) throw templated(where, `${text} holds a placeholder of a form that is not followed`)
    const [whole, name = '', operator, fallback] = found
    if (next > at) parts.push({ start: at, end: next })
    const end = next + whole.length
    const start = end - 1 - (fallback?.length ?? 0)
    parts.push({ start: next, end, name, ...(operator === undefined ? {} : { fallback: { start, end: end - 1 } }) })
    at = end
  }
  if (at < text.length) parts.push({ start: at, end: text.length })
  return parts
}

/** A text with its placeholders filled in, and where each piece of it comes from. */
export interface FilledText {
  text: string
  pieces: readonly Piece[]
}

/** A piece of a filled text, `start` to `end` there. */
export interface Piece {
  start: number
  end: number
  /** The variable whose value it is. */
  variable?: Variable
  /** Otherwise where it stands in the text that was filled, and whether as the default in a placeholder. */
  from: number
  isDefault: boolean
}

/** Fills in placeholders. `Templated` when a variable has no value and no default, or as in `splitPlaceholders`. */
export function fillPlaceholders(text: string, where: string, variables: Variables): FilledText {
  let filled = ''
  const pieces: Piece[] = []
  for (const part of splitPlaceholders(text, where)) {
    const { name } = part
    // Flux takes line breaks out of values.
    const variable = name === undefined ? undefined : variables.find(name)
    const value = variable?.value.replaceAll('\n', '') ?? ''
    const source = name === undefined ? part : part.fallback
    if (value === '' && source === undefined) throw templated(where, `the variable ${name} has no value`)
    const isVariable = value !== '' && variable !== undefined
    const piece = isVariable ? value : text.slice(source?.start ?? 0, source?.end ?? 0)
    const [start, end] = [filled.length, filled.length + piece.length]
    const origin = isVariable ? { variable, from: 0 } : { from: source?.start ?? 0 }
    pieces.push({ start, end, isDefault: !isVariable && name !== undefined, ...origin })
    filled += piece
  }
  return { text: filled, pieces }
}

function templated(where: string, why: string): FairleadError {
  return new FairleadError('Templated', `${where} ${why}.`, { evidence: [`${where} ${why}`] })
}

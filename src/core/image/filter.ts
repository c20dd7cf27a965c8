import type { RE2JS } from 're2js'
import { compileExpression } from './expression.ts'

/** Which tags a policy may see, and what of them. */
export interface TagFilter {
  /** Whether policies see something else than the tag itself. */
  extracts: boolean
  /** What the policy sees of this tag; undefined when the tag is filtered out. */
  apply(tag: string): string | undefined
}

/**
 * An unanchored RE2 expression, as in Flux' `filterTags`. `extract` is a Go Expand template over its groups (`$1`,
 * `${name}`; `$1x` is the group named "1x"); an empty one means the whole tag. Throws an `Error` that says what is wrong.
 */
export function compileFilter(filter: string, extract: string): TagFilter {
  if (filter === '') throw new Error('is empty')
  const expression = compileExpression(filter)
  const prefix = literalPrefix(filter)
  const passes = (tag: string) => tag.startsWith(prefix) && expression.test(tag)
  if (extract === '') return { extracts: false, apply: (tag) => (passes(tag) ? tag : undefined) }
  const template = parseTemplate(extract, expression)
  return {
    extracts: true,
    apply(tag) {
      // The test alone is several times faster than finding the groups, and most tags fail it.
      if (!passes(tag)) return undefined
      const matcher = expression.matcher(tag)
      if (!matcher.find()) return undefined
      let text = ''
      for (const part of template) text += typeof part === 'string' ? part : (matcher.group(part) ?? '')
      return text
    },
  }
}

/**
 * The text that every match must begin a tag with, as far as it is plain to see (`^main-` in `^main-[0-9]+$`); it spares
 * most tags the expression. Empty when in doubt: with alternatives anywhere, or without an anchor in front.
 */
export function literalPrefix(filter: string): string {
  if (filter.includes('|')) return ''
  const [, literal = '', next = ''] = /^\^([A-Za-z0-9_-]*)(.?)/s.exec(filter) ?? []
  return next === '*' || next === '?' || next === '{' ? literal.slice(0, -1) : literal
}

const referencePattern = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/uy

/**
 * Parses a template by the rules of Go's `regexp.Expand`: the longest name is taken, `$$` is a dollar, a malformed
 * reference is text, and a group that does not exist is empty. Texts and group numbers in turn.
 */
function parseTemplate(template: string, expression: RE2JS): (string | number)[] {
  const groups = new Map(Object.entries(expression.namedGroups()))
  const parts: (string | number)[] = []
  let position = 0
  while (position < template.length) {
    referencePattern.lastIndex = position
    const match = referencePattern.exec(template)
    const name = match?.[1] ?? match?.[2]
    const next = template.indexOf('$', position + 1)
    const end = match !== null ? position + match[0].length : next < 0 ? template.length : next
    if (name !== undefined) {
      const group = findGroup(name, expression.groupCount(), groups)
      if (group !== undefined) parts.push(group)
    } else parts.push(match === null ? template.slice(position, end) : '$')
    position = end
  }
  return parts
}

/** Digits without a leading zero are a number, everything else is a name. */
function findGroup(name: string, count: number, groups: ReadonlyMap<string, number>): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,7})$/.test(name)) return groups.get(name)
  return Number(name) <= count ? Number(name) : undefined
}

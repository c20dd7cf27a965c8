import { RE2JS } from 're2js'
import { compileExpression } from './expression.ts'

/**
 * Compiles a glob: `*` any text, `?` any character, `[a-z]` and `[!a-z]` one of a set, `{a,b}` one of several, `\` takes
 * the next character as it is. It becomes an RE2 expression, because glob libraries backtrack. Throws an `Error` that
 * says what is wrong with it.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (pattern === '') throw new Error('is empty')
  const expression = compileExpression(`(?s)^(?:${translate(pattern)})$`)
  return (text) => expression.test(text)
}

function translate(text: string): string {
  let expression = ''
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i)
    if (character === '[') {
      const set = readSet(text, i)
      expression += set.expression
      i = set.end
    } else if (character === '\\') {
      if (i + 1 === text.length) throw new Error('ends in a backslash')
      i++
      expression += RE2JS.quote(text.charAt(i))
    } else {
      depth += character === '{' ? 1 : character === '}' ? -1 : 0
      if (depth < 0) throw new Error('has a } without {')
      expression += translateCharacter(character, depth > 0)
    }
  }
  if (depth > 0) throw new Error('has a { without }')
  return expression
}

function translateCharacter(character: string, inBraces: boolean): string {
  if (character === '*') return '.*'
  if (character === '?') return '.'
  if (character === '{') return '(?:'
  if (character === '}') return ')'
  if (character === ',' && inBraces) return '|'
  return RE2JS.quote(character)
}

/** A set in brackets; `]` directly after the opening is a member, `!` and `^` mean all others. */
function readSet(text: string, start: number): { expression: string; end: number } {
  const negated = text[start + 1] === '!' || text[start + 1] === '^'
  const first = start + (negated ? 2 : 1)
  const end = text.indexOf(']', first + 1)
  if (end < 0) throw new Error('has a [ without ]')
  const members = text.slice(first, end).replace(/[\\[\]^&~]/g, '\\$&')
  return { expression: `[${negated ? '^' : ''}${members}]`, end }
}

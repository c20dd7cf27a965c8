import { RE2JS } from 're2js'
import { compileExpression } from '../../image/expression.ts'

/** Has the path characters that Argo CD takes for a glob? */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path)
}

/**
 * A glob over paths as Argo CD expands value files: `*` and `?` stay within a folder, `**` crosses folders, `{a,b}` is one
 * of several, `[a-z]` one character (its doublestar package). It becomes an RE2 expression, for globs come from outside.
 * An `Error` says what is wrong with it.
 */
export function fileGlob(pattern: string): (path: string) => boolean {
  const expression = compileExpression(`^(?:${[...tokensOf(pattern)].join('')})$`)
  return (path) => expression.test(path)
}

/** A pattern compiled; one that cannot be read matches nothing, as in Argo CD. */
export function matcherOf(
  compile: (pattern: string) => (path: string) => boolean,
  pattern: string,
): (path: string) => boolean {
  try {
    return compile(pattern)
  } catch {
    return () => false
  }
}

const token = /\*\*\/|\*\*|\*|\?|\[[!^]?\]?[^\]]*\]|\\.|\{|\}|,|[^*?[\\{},]+|./g

function* tokensOf(pattern: string): Generator<string> {
  let depth = 0
  for (const [text] of pattern.matchAll(token)) {
    if (text === '{') depth += 1
    if (text === '}') depth -= 1
    yield expressionOf(text, depth > 0)
  }
}

const special: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
  '{': '(?:',
  '}': ')',
}

function expressionOf(text: string, inBraces: boolean): string {
  const known = special[text]
  if (known !== undefined) return known
  if (text === ',' && inBraces) return '|'
  if (/^\[.+\]$/.test(text))
    return `[${text
      .slice(1, -1)
      .replace(/^!/, '^')
      .replace(/[\\&~[]/g, '\\$&')}]`
  return RE2JS.quote(text.startsWith('\\') ? text.slice(1) : text)
}

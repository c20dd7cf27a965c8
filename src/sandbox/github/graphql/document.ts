/** A field of a GraphQL request, with its arguments and what is asked of its value. */
export interface Selection {
  name: string
  /** Name in the answer. */
  key: string
  arguments: Readonly<Record<string, unknown>>
  selections: readonly Selection[]
}

/** What is wrong with a document, in the form of a GraphQL error. */
export class DocumentError extends Error {}

const tokenPattern =
  /"""([\s\S]*?)"""|"((?:[^"\\\n]|\\.)*)"|(\.\.\.|[_A-Za-z]\w*|\$\w+|-?\d+(?:\.\d+)?|[{}()[\]:=!@])|([\s,]+|#[^\n]*)|(.)/g

interface Piece {
  kind: 'string' | 'word'
  text: string
}

/**
 * Reads one operation. Variables are put in; inline fragments are taken as part of what is around them. Fragments with
 * names, directives and subscriptions are not served here.
 */
export function parseDocument(text: string, variables: Readonly<Record<string, unknown>>): readonly Selection[] {
  const pieces = tokenize(text)
  let at = 0
  const peek = () => (pieces[at]?.kind === 'word' ? pieces[at]?.text : undefined)
  const next = (): Piece => {
    const piece = pieces[at]
    if (piece === undefined) throw new DocumentError('Expected a name, found the end of the document')
    at += 1
    return piece
  }
  const accept = (text: string): boolean => {
    if (peek() !== text) return false
    at += 1
    return true
  }
  const expect = (text: string) => {
    if (!accept(text)) throw new DocumentError(`Expected ${text}, found ${pieces[at]?.text ?? 'the end'}`)
  }

  function value(): unknown {
    const { kind, text } = next()
    if (kind === 'string') return text
    if (text === '[') return listOf(() => value(), ']')
    if (text === '{') return Object.fromEntries(listOf(pair, '}'))
    if (text.startsWith('$')) return variables[text.slice(1)]
    if (text === 'true' || text === 'false') return text === 'true'
    if (text === 'null') return null
    return /^-?\d/.test(text) ? Number(text) : text
  }

  function pair(): [string, unknown] {
    const { text } = next()
    expect(':')
    return [text, value()]
  }

  function listOf<T>(read: () => T, end: string): T[] {
    const found: T[] = []
    while (!accept(end)) found.push(read())
    return found
  }

  function selection(): Selection[] {
    if (accept('...')) {
      if (!accept('on')) throw new DocumentError('Fragments with names are not served here')
      next()
      return selectionSet()
    }
    const first = next().text
    const name = accept(':') ? next().text : first
    const given = accept('(') ? listOf(pair, ')') : []
    const selections = peek() === '{' ? selectionSet() : []
    return [{ name, key: first, arguments: Object.fromEntries(given), selections }]
  }

  function selectionSet(): Selection[] {
    expect('{')
    return listOf(selection, '}').flat()
  }

  while (at < pieces.length && peek() !== '{') {
    // The types of variables are checked where their values are used.
    if (accept('(')) listOf(next, ')')
    else next()
  }
  return selectionSet()
}

function tokenize(text: string): Piece[] {
  const pieces: Piece[] = []
  for (const [, block, quoted, word, , wrong] of text.matchAll(tokenPattern)) {
    if (block !== undefined) pieces.push({ kind: 'string', text: block.trim() })
    else if (quoted !== undefined) pieces.push({ kind: 'string', text: JSON.parse(`"${quoted}"`) as string })
    else if (word !== undefined) pieces.push({ kind: 'word', text: word })
    else if (wrong !== undefined) throw new DocumentError(`Unexpected ${wrong}`)
  }
  return pieces
}

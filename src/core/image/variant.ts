import { digitsEnd, isDigit } from './natural.ts'
import { compareNumbers, type Numeric, readNumeric } from './numeric.ts'

/** A number in a variant that may differ between two tags of the same variant. */
export interface VariantNumber {
  parts: readonly Numeric[]
  /** A build number may fall when the version rises; the release of an operating system may not. */
  mayFall: boolean
}

/** What remains of a tag after numbers and pre-release, e.g. `alpine3.18`, `debian-12-r5`, `amd64`. */
export interface Variant {
  /** Equal for tags of the same variant: the text with every number that may differ, and every commit, left out. */
  key: string
  /** The numbers left out, from left to right; two equal keys have equally many, with equally many parts. */
  numbers: readonly VariantNumber[]
}

/** No variant at all. */
export const plainVariant: Variant = { key: '', numbers: [] }

/** Operating systems whose release number may rise, and words before a build number. */
const systemWords: ReadonlySet<string> = new Set(['alpine', 'debian', 'ubuntu', 'ubi', 'el', 'fedora', 'photon'])
const buildWords: ReadonlySet<string> = new Set(['r', 'ls', 'k3s', 'rke2r', 'build', 'rev', 'p'])

const wordPattern = /(?:k3s|rke2r)(?=[._-]?\d)|[A-Za-z]+/y
const digitsPattern = /^\d+$/

/** Whether a token is a commit: 7 to 40 hex digits, among them a letter and a digit. */
export function isCommitToken(text: string, start = 0, end = text.length): boolean {
  if (end - start < 7 || end - start > 40) return false
  let digits = 0
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    const lower = code | 32
    if (isDigit(code)) digits++
    else if (lower < 97 || lower > 102) return false
  }
  return digits > 0 && digits < end - start
}

/** A token of the variant, and whether what stands directly before it in the tag is a number. */
export interface VariantToken {
  text: string
  afterNumber: boolean
}

/** Reads the tokens of a variant. A last token of digits is a build number when it stands directly after a number. */
export function readVariant(tokens: readonly VariantToken[]): Variant {
  if (tokens.length === 0) return plainVariant
  const last = tokens.at(-1)
  const ending = last?.afterNumber && digitsPattern.test(last.text) ? last.text : undefined
  const named = ending === undefined ? tokens : tokens.slice(0, -1)
  const text = named.map((token) => `-${isCommitToken(token.text) ? '*' : token.text}`).join('')
  const { key, numbers } = readText(text)
  if (ending === undefined) return { key, numbers }
  return { key: `${key}-#`, numbers: [...numbers, { parts: [readNumeric(ending)], mayFall: true }] }
}

/** Walks through words and numbers; a word at the start of a part decides what the number after it may do. */
function readText(text: string): Variant {
  const numbers: VariantNumber[] = []
  let key = ''
  let word = ''
  let position = 0
  while (position < text.length) {
    const code = text.charCodeAt(position)
    if (isDigit(code)) {
      const end = numberEnd(text, position, systemWords.has(word))
      const number = readAfter(word, text.slice(position, end))
      if (number === undefined) key += text.slice(position, end)
      else {
        numbers.push(number)
        key += number.parts.map(() => '#').join('.')
      }
      word = ''
      position = end
    } else if (isSeparator(code)) {
      key += text[position]
      position++
    } else {
      wordPattern.lastIndex = position
      const found = wordPattern.exec(text)?.[0] ?? text.slice(position, position + 1)
      word = isSeparator(text.charCodeAt(position - 1)) ? found.toLowerCase() : ''
      key += found
      position += found.length
      if (isSeparator(text.charCodeAt(position)) && !isDigit(text.charCodeAt(position + 1))) word = ''
    }
  }
  return { key, numbers }
}

/** End of a number; that of an operating system has as many dotted parts as are written. */
function numberEnd(text: string, start: number, dotted: boolean): number {
  let end = digitsEnd(text, start)
  while (dotted && text[end] === '.' && isDigit(text.charCodeAt(end + 1))) end = digitsEnd(text, end + 1)
  return end
}

/** The number after a word, when it may differ. */
function readAfter(word: string, digits: string): VariantNumber | undefined {
  if (systemWords.has(word)) return { parts: digits.split('.').map((part) => readNumeric(part)), mayFall: false }
  if (buildWords.has(word)) return { parts: [readNumeric(digits)], mayFall: true }
  return undefined
}

function isSeparator(code: number): boolean {
  return code === 45 || code === 46 || code === 95
}

/** Whether an operating system in `candidate` is older than in `current`. Both have the same key. */
export function isOlderSystem(candidate: Variant, current: Variant): boolean {
  return candidate.numbers.some((number, index) => {
    const other = current.numbers[index]
    return other !== undefined && !number.mayFall && compareNumbers(number.parts, other.parts) < 0
  })
}

/** Order of two variants with the same key, by the numbers that may differ. Commits never count. */
export function compareVariants(a: Variant, b: Variant): number {
  for (let i = 0; i < a.numbers.length; i++) {
    const order = compareNumbers(a.numbers[i]?.parts ?? [], b.numbers[i]?.parts ?? [])
    if (order !== 0) return order
  }
  return 0
}

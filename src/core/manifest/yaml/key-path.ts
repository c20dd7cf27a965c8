import { FairleadError } from '../../../errors.ts'

/** One step into a YAML document: a mapping key or a sequence index. */
export type KeyStep = string | number

/** Where a value is in a YAML file: which document, counted from 0, and the steps from its root. */
export interface KeyPath {
  document: number
  steps: readonly KeyStep[]
  /** Where in the YAML that the text at these steps is itself, e.g. Helm values in a block of an Argo CD Application. */
  embedded?: KeyPath
}

const simpleKey = /[A-Za-z_][A-Za-z0-9_-]*/y
const index = /\[(0|[1-9][0-9]{0,8})\]/y
const quotedKey = /\[("(?:[^"\\]|\\.)*")\]/y
const documentIndex = /(0|[1-9][0-9]{0,8}):/y

/**
 * Text form, e.g. `0:spec.template.spec.containers[0].image`; a key that is no plain word is written `["a.b/c"]`. What
 * lies in an embedded text follows after a bar: `0:spec.source.helm.values|0:image.tag`.
 */
export function renderKeyPath(path: KeyPath): string {
  let text = ''
  for (const step of path.steps) {
    if (typeof step === 'number') text += `[${step}]`
    else if (matchAt(simpleKey, step, 0)?.[0] === step) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  const inner = path.embedded === undefined ? '' : `|${renderKeyPath(path.embedded)}`
  return `${path.document}:${text}${inner}`
}

/** Reads what `renderKeyPath` writes. `UsageInvalid` for any other text, with the position that is wrong. */
export function parseKeyPath(text: string): KeyPath {
  return parseFrom(text, 0)
}

function parseFrom(text: string, start: number): KeyPath {
  const head = matchAt(documentIndex, text, start)
  if (head === null) throw invalid(text, start, 'it must start with a document index, e.g. 0:')
  const steps: KeyStep[] = []
  let at = start + head[0].length
  while (at < text.length && text[at] !== '|') {
    const { step, end } = readStep(text, at, steps.length === 0)
    steps.push(step)
    at = end
  }
  const path = { document: Number(head[1]), steps }
  return at === text.length ? path : { ...path, embedded: parseFrom(text, at + 1) }
}

function readStep(text: string, at: number, first: boolean): { step: KeyStep; end: number } {
  if (text[at] === '[') {
    const number = matchAt(index, text, at)
    if (number !== null) return { step: Number(number[1]), end: at + number[0].length }
    const quoted = matchAt(quotedKey, text, at)
    if (quoted === null) throw invalid(text, at, 'an index or a quoted key must follow "["')
    return { step: unquote(text, at, quoted[1] ?? ''), end: at + quoted[0].length }
  }
  const start = first ? at : at + 1
  const word = first || text[at] === '.' ? matchAt(simpleKey, text, start) : null
  if (word === null) throw invalid(text, at, 'a key must follow "."')
  return { step: word[0], end: start + word[0].length }
}

function unquote(text: string, at: number, quoted: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    throw invalid(text, at, 'the quoted key is no JSON string')
  }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function invalid(text: string, at: number, why: string): FairleadError {
  return new FairleadError('UsageInvalid', `Key path ${JSON.stringify(text)} is wrong at character ${at}: ${why}.`)
}

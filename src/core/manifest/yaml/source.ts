import {
  type Alias,
  Composer,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  type Node,
  Parser,
  type YAMLMap,
} from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { KeyPath, KeyStep } from './key-path.ts'

/** Nesting that is read; deeper input can exhaust the stack of YAML readers, ours and others. */
export const maxYamlDepth = 64
/** Size of a file that is read, in bytes of UTF-8. */
export const maxYamlBytes = 1024 * 1024
/** Lexical tokens that are read: three times what a megabyte of real manifests holds, a second of work for us. */
const maxLexemes = 500_000

/** One document of a file, with what is needed to follow its aliases. */
export interface YamlDocument {
  /** Position in the file, from 0. */
  index: number
  root: Node | null
  /** What each alias stands for: the anchored node and the steps to it from the root. */
  targets: ReadonlyMap<Alias, Anchored>
}

/** An anchored node and where it is. */
export interface Anchored {
  node: Node
  steps: readonly KeyStep[]
}

/** A YAML or JSON file that was read safely. Offsets are UTF-16 positions in `text`. */
export interface YamlSource {
  file: string
  text: string
  documents: readonly YamlDocument[]
  /** Set when the text is a block inside another source of the file: where the block is and its first line there. */
  within?: { keyPath: KeyPath; firstLine: number }
}

/** Files whose trees are kept, and the size of text for which that is worth the memory: a tree takes far more. */
const maxRecent = 4
const maxRecentLength = 32 * 1024

/** What was read last, the newest at the end: a file is located, edited, compared and traced in one go. */
const recent: YamlSource[] = []

/**
 * Reads a YAML file without trusting it: size and depth are limited before anything recursive runs, keys must be
 * unique, and aliases are never expanded. `ManifestInvalid` with file and line, `Templated` for files that a template
 * tool has yet to render, `Encrypted` for files encrypted with SOPS. The same file and text give the same object as
 * long as it is fresh in memory, so nobody may change it.
 */
export function readYaml(file: string, text: string): YamlSource {
  const known = recent.find((source) => source.file === file && source.text === text)
  if (known !== undefined) return known
  const source = parseYaml(file, text)
  if (text.length <= maxRecentLength) recent.push(source)
  if (recent.length > maxRecent) recent.shift()
  return source
}

/** Reads YAML that nobody asks for again by file and text; the refusals of `readYaml`. */
export function parseYaml(file: string, text: string): YamlSource {
  refuseLarge(file, text)
  const documents = compose(file, text).map((document, index): YamlDocument => {
    const mistake = document.errors[0]
    if (mistake !== undefined) throw unreadable(file, text, mistake.pos[0], mistake.message)
    return inspect({ file, text }, document.contents, index)
  })
  return { file, text, documents }
}

/** Line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  const breaks = lineBreaksOf(text)
  let [low, high] = [0, breaks.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((breaks[middle] ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low + 1
}

/** The text whose lines were asked for last: mappings with thousands of entries ask for the line of each. */
let lastLines: { text: string; breaks: readonly number[] } = { text: '', breaks: [] }

function lineBreaksOf(text: string): readonly number[] {
  if (lastLines.text === text) return lastLines.breaks
  const breaks: number[] = []
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) breaks.push(at)
  lastLines = { text, breaks }
  return breaks
}

/** Where a node's own text starts; anchors and tags stand before it. */
export function startOf(node: Node): number {
  return node.range?.[0] ?? 0
}

function refuseLarge(file: string, text: string): void {
  const large =
    text.length > maxYamlBytes ||
    (text.length * 3 > maxYamlBytes && new TextEncoder().encode(text).length > maxYamlBytes)
  if (large) throw new FairleadError('ManifestInvalid', `${file} is larger than 1 MiB; it is not read.`)
}

function compose(file: string, text: string) {
  try {
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' })
    return [...composer.compose(tokens(file, text), false, text.length)]
  } catch (thrown) {
    if (thrown instanceof FairleadError) throw thrown
    throw new FairleadError('ManifestInvalid', `${file} cannot be read as YAML.`, { cause: thrown })
  }
}

/** Tokens of the file. The parser's own stack tells the depth while it reads, so nothing deep is ever built. */
function* tokens(file: string, text: string) {
  const parser = new Parser()
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    count += 1
    if (count > maxLexemes) throw new FairleadError('ManifestInvalid', `${file} holds too many values; it is not read.`)
    // The stack also holds the document and the scalar that is being read.
    if (parser.stack.length > maxYamlDepth + 2) throw tooDeep(file, lineAt(text, parser.offset))
  }
  yield* parser.end()
}

function tooDeep(file: string, line: number): FairleadError {
  return new FairleadError('ManifestInvalid', `${file}:${line} is nested deeper than ${maxYamlDepth} levels.`)
}

function unreadable(file: string, text: string, offset: number, message: string): FairleadError {
  const where = `${file}:${lineAt(text, offset)}`
  if (/(^|[\s:])\{\{/m.test(text)) return templated(where)
  return new FairleadError('ManifestInvalid', `${where} cannot be read as YAML: ${message}.`)
}

function templated(where: string): FairleadError {
  return new FairleadError('Templated', `${where} is a template ("{{"), not plain YAML; edit the template's input.`)
}

interface Inspection {
  file: string
  text: string
  anchors: Map<string, Anchored>
  targets: Map<Alias, Anchored>
  steps: KeyStep[]
}

function inspect(source: { file: string; text: string }, root: Node | null, index: number): YamlDocument {
  const inspection: Inspection = { ...source, anchors: new Map(), targets: new Map(), steps: [] }
  if (root !== null) inspectNode(inspection, root)
  if (isMap(root)) refuseEncrypted(source.file, root)
  return { index, root, targets: inspection.targets }
}

/** Recursion is safe here: the depth was limited while the tokens were read. */
function inspectNode(inspection: Inspection, node: Node): void {
  if (isAlias(node)) {
    const target = inspection.anchors.get(node.source)
    if (target !== undefined) inspection.targets.set(node, target)
    return
  }
  if (node.anchor !== undefined) inspection.anchors.set(node.anchor, { node, steps: [...inspection.steps] })
  if (!isCollection(node)) return
  if (inspection.steps.length >= maxYamlDepth) {
    throw tooDeep(inspection.file, lineAt(inspection.text, startOf(node)))
  }
  if (isMap(node)) inspectMap(inspection, node)
  else for (const [index, item] of node.items.entries()) inspectAt(inspection, item, index)
}

function inspectMap(inspection: Inspection, map: YAMLMap): void {
  const { file, text } = inspection
  const start = startOf(map)
  if (map.flow === true && text.startsWith('{{', start)) throw templated(`${file}:${lineAt(text, start)}`)
  const seen = new Set<string>()
  for (const pair of map.items) {
    const key = keyText(pair.key)
    const id = key ?? ''
    if (key !== undefined && seen.has(key)) {
      const line = lineAt(text, startOf(pair.key as Node))
      throw new FairleadError(
        'ManifestInvalid',
        `${file}:${line} has the key ${JSON.stringify(key)} twice in a mapping.`,
      )
    }
    if (key !== undefined) seen.add(key)
    if (isCollection(pair.key)) inspectAt(inspection, pair.key, id)
    inspectAt(inspection, pair.value, id)
  }
}

function inspectAt(inspection: Inspection, child: unknown, step: KeyStep): void {
  if (!isAlias(child) && !isScalar(child) && !isCollection(child)) return
  inspection.steps.push(step)
  inspectNode(inspection, child)
  inspection.steps.pop()
}

/** A mapping key as text; undefined when it is no scalar. */
export function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  return key.type === 'PLAIN' ? (key.source ?? '') : String(key.value)
}

function refuseEncrypted(file: string, root: YAMLMap): void {
  const sops = root.items.find((pair) => keyText(pair.key) === 'sops')?.value
  if (!isMap(sops) || !sops.items.some((pair) => keyText(pair.key) === 'mac')) return
  throw new FairleadError('Encrypted', `${file} is encrypted with SOPS; a value in it cannot be read or changed.`)
}

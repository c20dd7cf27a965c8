import { isScalar, type Node, type Scalar } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import { lineOf, type Place, pathOf, whereIs } from './place.ts'
import { parseYaml, type YamlSource } from './source.ts'

/** YAML inside YAML: patches in a kustomization, Helm values in an Application or a ConfigMap. */

/** A literal block scalar and its lines without their indentation. */
interface Block {
  node: Scalar
  /** Offset at which the content starts. */
  start: number
  end: number
  /** Spaces before each line. */
  indent: number
  text: string
}

const sources = new WeakMap<Node, YamlSource>()

/**
 * The YAML that the text at a place is. A literal block (`|`) gives a source whose values can be edited where they stand;
 * any other text can only be read, so `NotEditable`. Otherwise the refusals of `readYaml`.
 */
export function embeddedYaml(place: Place): YamlSource {
  const known = sources.get(place.node)
  if (known !== undefined) return known
  const block = blockAt(place)
  if (block === undefined || place.through !== undefined) {
    const why = place.through ?? 'it is no literal block ("|")'
    throw new FairleadError('NotEditable', `${whereIs(place)} holds YAML that is not followed: ${why}.`)
  }
  const firstLine = lineOf(place) + 1
  const within = { keyPath: pathOf(place), firstLine }
  const source = { ...parseYaml(`${place.source.file} (text at line ${firstLine})`, block.text), within }
  const named = { ...source, file: place.source.file }
  sources.set(place.node, named)
  return named
}

/** What replaces the content of a block so that it holds another text, line for line; other lines keep every byte. */
export interface BlockChange {
  start: number
  end: number
  written: string
  /** The scalar as it will be read back. */
  value: string
}

/** The change of a block to a text with as many lines. */
export function changeBlock(place: Place, text: string): BlockChange {
  const block = blockAt(place)
  if (block === undefined) throw new FairleadError('Internal', `${whereIs(place)} is no literal block.`)
  const { node, start, end, indent } = block
  const before = place.source.text.slice(start, end).split('\n')
  const written = text.split('\n').map((line, index) => (before[index] ?? '').slice(0, indent) + line)
  const trailing = /\n*$/.exec(String(node.value))?.[0] ?? ''
  const value = text.replaceAll('\r\n', '\n').replace(/\n+$/, '') + trailing
  return { start, end, written: written.join('\n'), value }
}

function blockAt({ node, source }: Place): Block | undefined {
  if (!isScalar(node) || node.type !== 'BLOCK_LITERAL') return undefined
  const [from, end] = node.range ?? [0, 0]
  const start = source.text.indexOf('\n', from) + 1
  if (start === 0 || start >= end) return undefined
  const content = source.text.slice(start, end)
  const explicit = /^\|[-+]?([1-9])/.exec(source.text.slice(from, from + 3))?.[1]
  const lines = content.split('\n')
  // With an explicit indicator the indentation counts from the parent node, which only the reader knows.
  if (explicit !== undefined) return undefined
  const indent = /^ */.exec(lines.find((line) => line.trim() !== '') ?? '')?.[0].length ?? 0
  return { node, start, end, indent, text: lines.map((line) => line.slice(indent)).join('\n') }
}

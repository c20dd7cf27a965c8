import { isMap, isScalar, isSeq, type Scalar } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import { editScalars } from '../yaml/edit.ts'
import { type KeyStep, renderKeyPath } from '../yaml/key-path.ts'
import { scalarText } from '../yaml/place.ts'
import { keyText, lineAt, readYaml, startOf, type YamlDocument, type YamlSource } from '../yaml/source.ts'

/** What a `$imagepolicy` comment of Flux says: the value before it follows this policy. */
export interface Marker {
  namespace: string
  name: string
  /** `reference` is the whole `name:tag[@digest]`. */
  part: 'reference' | 'tag' | 'name' | 'digest'
}

/** A value that carries a marker. */
export interface MarkedScalar {
  keyPath: string
  value: string
  line: number
  /** Where the value ends; a comment behind it is on this line. */
  lastLine: number
  marker: Marker
}

const parts: Record<string, Marker['part']> = { '': 'reference', tag: 'tag', name: 'name', digest: 'digest' }

/**
 * The marker in a comment, by Flux's rules: after leading `#`s it is nothing but a JSON object of strings, and its
 * `$imagepolicy` reads `namespace:policy[:tag|:name|:digest]`. Anything else is an ordinary comment.
 */
export function parseMarker(comment: string): Marker | undefined {
  const text = comment.replace(/^[\s#]+/, '')
  if (!text.startsWith('{')) return undefined
  const fields = jsonStrings(text)
  const [namespace, name, part = '', ...rest] = fields?.get('$imagepolicy')?.split(':') ?? []
  const known = Object.hasOwn(parts, part) ? parts[part] : undefined
  if (namespace === undefined || name === undefined || rest.length > 0 || known === undefined) return undefined
  return namespace === '' || name === '' ? undefined : { namespace, name, part: known }
}

function jsonStrings(text: string): Map<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const entries = Object.entries(value)
    return entries.every(([, one]) => typeof one === 'string') ? new Map(entries) : undefined
  } catch {
    return undefined
  }
}

/** All marked values of a file, in order. Values in block scalars are text and never marked. Refusals of `readYaml`. */
export function locateMarkers(file: string, text: string): MarkedScalar[] {
  if (!text.includes('"$imagepolicy"')) return []
  const source = readYaml(file, text)
  return source.documents.flatMap((document) => markedIn(source, document))
}

/** The marker beside a scalar that ends at this offset. */
export function markerAfter(text: string, end: number): Marker | undefined {
  const newline = text.indexOf('\n', end)
  const rest = text.slice(end, newline === -1 ? text.length : newline).trimEnd()
  return /^[ \t]+#/.test(rest) ? parseMarker(rest.trimStart()) : undefined
}

/**
 * The text with every value that follows the policy set to the image; nothing else changes. Markers of other policies
 * are left alone. `DigestUnknown` when a filled digest would have to change and no digest is given.
 */
export function editMarkers(
  file: string,
  text: string,
  policy: { namespace: string; name: string },
  image: { name: string; tag: string; digest?: string },
): string {
  const marked = locateMarkers(file, text).filter(
    ({ marker }) => marker.namespace === policy.namespace && marker.name === policy.name,
  )
  const edits = marked.map(({ keyPath, value, line, marker }) => {
    const digestNeeded = marker.part === 'digest' && value !== ''
    if (digestNeeded && image.digest === undefined) {
      throw new FairleadError(
        'DigestUnknown',
        `${file}:${line} ${keyPath} needs a digest of ${image.name}:${image.tag}.`,
      )
    }
    return { keyPath, expected: value, value: partOf(image, marker.part) }
  })
  return editScalars(file, text, edits)
}

function partOf(image: { name: string; tag: string; digest?: string }, part: Marker['part']): string {
  if (part === 'name') return image.name
  if (part === 'tag') return image.tag
  if (part === 'digest') return image.digest ?? ''
  return `${image.name}:${image.tag}${image.digest === undefined ? '' : `@${image.digest}`}`
}

/** A scalar on the way through a document, with the comment above it where that counts. */
interface Walked {
  node: unknown
  steps: readonly KeyStep[]
  above: string
}

function markedIn(source: YamlSource, document: YamlDocument): MarkedScalar[] {
  const marked: MarkedScalar[] = []
  const walk = (walked: Walked): void => {
    if (isScalar(walked.node)) marked.push(...markedAt(source, document, walked, walked.node))
    else childrenOf(source, walked).forEach(walk)
  }
  walk({ node: document.root, steps: [], above: '' })
  return marked
}

function markedAt(source: YamlSource, document: YamlDocument, { steps, above }: Walked, node: Scalar): MarkedScalar[] {
  const value = scalarText(node)
  if (value === undefined || node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') return []
  const marker = markerAfter(source.text, node.range?.[1] ?? 0) ?? parseMarker(above)
  if (marker === undefined) return []
  const keyPath = renderKeyPath({ document: document.index, steps })
  const [start, end] = node.range ?? [0, 0]
  const [line, lastLine] = [lineAt(source.text, start), lineAt(source.text, end)]
  return [{ keyPath, value, line, lastLine, marker }]
}

/** The comment on the lines directly above a list item, without its `#`s; empty for what stands on one line with others. */
function commentAbove(text: string, start: number): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  if (!/^[ \t-]*$/.test(text.slice(lineStart, start))) return ''
  const comments: string[] = []
  for (let end = lineStart - 1; end > 0; ) {
    const begin = text.lastIndexOf('\n', end - 1) + 1
    const line = text.slice(begin, end).trim()
    if (!line.startsWith('#')) break
    comments.unshift(line.replace(/^#+/, ''))
    end = begin - 1
  }
  return comments.join('\n')
}

/** A comment above counts for items of a sequence only; above a key it belongs to the key. */
function childrenOf(source: YamlSource, { node, steps }: Walked): Walked[] {
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      const above = isScalar(item) ? commentAbove(source.text, startOf(item)) : ''
      return { node: item, steps: [...steps, index], above }
    })
  }
  if (!isMap(node)) return []
  return node.items.flatMap((pair) => {
    const key = keyText(pair.key)
    return key === undefined ? [] : [{ node: pair.value, steps: [...steps, key], above: '' }]
  })
}

import { isScalar, visit } from 'yaml'
import { orRefusal } from '../../../errors.ts'
import { locateMarkers, type MarkedScalar, type Marker, parseMarker } from '../slot/marker.ts'
import type { Snapshot } from '../snapshot.ts'
import { objectsOf } from '../workload-manifest.ts'
import { enter, enterAll, textOf } from '../yaml/place.ts'
import { lineAt, readYaml, type YamlSource } from '../yaml/source.ts'
import type { Finding } from './finding.ts'

/** How a marker is written, for messages. */
const example = '{"$imagepolicy": "namespace:policy[:tag|:name|:digest]"}'

/** A comment that speaks of a policy. */
interface Comment {
  line: number
  /** What stands after the `#`. */
  text: string
  /** Something stands before it on its line. */
  isBeside: boolean
}

/**
 * Markers of a file that Flux' image-automation-controller would pass over without a word (its `fieldmeta` and
 * `filereader.go`), and those for policies that no automation of the repository may follow.
 */
export function markerFindings(source: YamlSource, automations: ReadonlySet<string>): Finding[] {
  const marked = locateMarkers(source.file, source.text)
  const blocks = blockLines(source)
  return commentsOf(source.text).flatMap((comment): Finding[] => {
    const place = { file: source.file, line: comment.line, key: '$imagepolicy', value: comment.text }
    const why = blocks.has(comment.line) ? 'it stands inside a block of text' : whyIgnored(comment, marked, source.text)
    if (why !== undefined) {
      const message = `Flux ignores this marker: ${why}`
      return [{ ...place, severity: 'error', code: 'MarkerIgnored', message }]
    }
    const namespace = parseMarker(comment.text)?.namespace
    if (namespace === undefined || automations.size === 0 || automations.has(namespace)) return []
    const known = [...automations].sort().join(', ')
    const message = `Flux may ignore this marker: its policy is in ${namespace}, and the ImageUpdateAutomations here are in ${known}, each following policies of its own namespace`
    return [{ ...place, severity: 'warning', code: 'MarkerIgnored', message }]
  })
}

/** Namespaces of the ImageUpdateAutomations of a repository; empty when one of them does not tell. */
export function automationNamespaces(snapshot: Snapshot): ReadonlySet<string> {
  const found = snapshot.paths.flatMap((file) => {
    const text = snapshot.text(file)
    if (text?.includes('ImageUpdateAutomation') !== true) return []
    const objects = orRefusal(
      () => objectsOf(readYaml(file, text)),
      () => [],
    )
    return objects
      .filter((object) => textOf(enter(object, 'kind')) === 'ImageUpdateAutomation')
      .map((object) => textOf(enterAll(object, 'metadata', 'namespace')))
  })
  const namespaces = found.filter((one) => one !== undefined)
  return new Set(namespaces.length === found.length ? namespaces : [])
}

/** Comments that are meant as markers: they hold something in braces, not only the word in a sentence. */
function commentsOf(text: string): Comment[] {
  const comments: Comment[] = []
  for (let at = text.indexOf('$imagepolicy'); at !== -1; at = text.indexOf('$imagepolicy', at + 1)) {
    const start = text.lastIndexOf('\n', at) + 1
    const end = text.indexOf('\n', at)
    const line = text.slice(start, end === -1 ? text.length : end)
    const hash = line.lastIndexOf('#', at - start)
    const comment = line.slice(hash + 1).trim()
    const before = line.slice(0, Math.max(hash, 0)).trim()
    const isBeside = before !== ''
    const isMeant = hash !== -1 && /\{\s*["']?\$imagepolicy/.test(comment) && (isBeside || comment.startsWith('{'))
    // Behind the sign that opens a block of text Flux reads it, and what it makes of the block is its own affair.
    const opensBlock = /[|>][-+0-9]*$/.test(before)
    if (isMeant && !opensBlock) comments.push({ line: lineAt(text, at), text: comment, isBeside })
  }
  return comments
}

/** Undefined for a marker that is read. */
function whyIgnored(comment: Comment, marked: readonly MarkedScalar[], text: string): string | undefined {
  const marker = parseMarker(comment.text)
  if (marker === undefined) return whyUnreadable(comment.text)
  const below = comment.isBeside ? undefined : lineBelow(text, comment.line)
  const isMarked = marked.some((one) => {
    return (one.lastLine === comment.line || one.line === below) && isSame(one.marker, marker)
  })
  if (isMarked) return undefined
  return 'it stands beside no value; write it behind the value, on the same line'
}

function whyUnreadable(comment: string): string {
  if (!comment.startsWith('{')) return `words stand before it; write nothing but ${example}`
  const end = comment.indexOf('}') + 1
  const fields = jsonOf(comment.slice(0, end))
  if (fields === undefined) return `it is no JSON; write ${example}`
  if (comment.slice(end).trim() !== '') return `words stand after it; write nothing but ${example}`
  const policy = fields['$imagepolicy']
  if (typeof policy !== 'string' || Object.values(fields).some((one) => typeof one !== 'string')) {
    return `it holds something that is no text; write ${example}`
  }
  if (policy.includes('/')) return `"${policy}" has a slash where a colon belongs; write ${example}`
  return `"${policy}" is not understood; write ${example}`
}

function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}

function isSame(a: Marker, b: Marker): boolean {
  return a.namespace === b.namespace && a.name === b.name && a.part === b.part
}

/** The next line that is neither empty nor a comment. */
function lineBelow(text: string, line: number): number {
  const lines = text.split('\n')
  let at = line
  while (at < lines.length && /^\s*(#|$)/.test(lines[at] ?? '')) at += 1
  return at + 1
}

/** Lines that are the text of block scalars, and so hold no comments. */
function blockLines({ text, documents }: YamlSource): ReadonlySet<number> {
  const lines = new Set<number>()
  for (const { root } of documents) {
    visit(root, (_, node) => {
      if (!isScalar(node) || (node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED')) return
      const [start, end] = node.range ?? [0, 0]
      for (let line = lineAt(text, start) + 1; line <= lineAt(text, Math.max(end - 1, start)); line += 1)
        lines.add(line)
    })
  }
  return lines
}

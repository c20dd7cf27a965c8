/** What an index says about one version, as text. */
export interface IndexItem {
  version: string | undefined
  created: string | undefined
}

/** One line of a document, without its end. */
interface Line {
  indent: number
  text: string
}

/** A key that is not quoted and a value that ends on its line, or nothing. */
const entryKey = /^(?:([A-Za-z0-9][A-Za-z0-9._-]*)|"([^"\\]*)"|'([^']*)'):[ \t]*(?:#.*)?$/
/** A scalar on one line: plain without anything YAML gives a meaning to, or quoted without escapes. */
const scalar = /^(?:([A-Za-z0-9][A-Za-z0-9._:+-]*)|"([^"\\]*)"|'([^']*)')[ \t]*(?:[ \t]#.*)?$/

/** `other-style`: only a real parser can read it. */
export type BlockEntry = IndexItem[] | 'other-style'

/**
 * The items of `entries.<chart>` for the charts that are wanted and there, from an index in block style, which is how
 * Helm and all its relatives write it. Only indentation is read, so that megabytes take milliseconds; what lies deeper
 * than a version's own fields is skipped unseen. Undefined when the index as a whole is in another style.
 */
export function readBlockEntries(index: string, charts: ReadonlySet<string>): Map<string, BlockEntry> | undefined {
  const found = new Map<string, Line[]>()
  let nameIndent: number | undefined
  let current: Line[] | undefined
  for (const line of linesOfEntries(index)) {
    if (line === otherStyle) return undefined
    nameIndent ??= line.indent
    if (line.indent < nameIndent) return undefined
    if (line.indent > nameIndent || isItem(line)) {
      current?.push(line)
      continue
    }
    const name = keyOf(line)
    if (name === undefined || found.has(name)) return undefined
    current = charts.has(name) ? [] : undefined
    if (current !== undefined) found.set(name, current)
  }
  if (nameIndent === undefined) return undefined
  return new Map([...found].map(([name, lines]) => [name, readItems(lines) ?? 'other-style']))
}

const otherStyle = Symbol('other style')

/** The lines below the top-level key `entries`, which must be there once. */
function* linesOfEntries(index: string): Generator<Line | typeof otherStyle> {
  let isInside = false
  let times = 0
  for (const line of significantLines(index)) {
    if (line.indent > 0) {
      if (isInside) yield line
      continue
    }
    if (!/^[A-Za-z]/.test(line.text)) yield otherStyle
    isInside = keyOf(line) === 'entries'
    if (isInside) times++
  }
  if (times !== 1) yield otherStyle
}

function readItems(lines: readonly Line[]): IndexItem[] | undefined {
  const [first] = lines
  if (first === undefined) return undefined
  const fieldIndent = first.indent + dashOf(first)
  const items: IndexItem[] = []
  for (const line of lines) {
    const isFirst = line.indent === first.indent
    const indent = isFirst ? line.indent + dashOf(line) : line.indent
    if (indent < fieldIndent || (isFirst && (dashOf(line) === 0 || indent !== fieldIndent))) return undefined
    if (isFirst) items.push({ version: undefined, created: undefined })
    const item = items.at(-1)
    if (indent > fieldIndent) continue
    if (item === undefined || !takeField(item, line.text.slice(isFirst ? dashOf(line) : 0))) return undefined
  }
  return items
}

/** Length of `- ` and the blanks that follow; 0 for a line that begins no item. */
const dashOf = ({ text }: Line) => /^-[ ]+/.exec(text)?.[0].length ?? 0

/** False for a value of ours that only a real parser can read. */
function takeField(item: IndexItem, content: string): boolean {
  const match = /^(version|created):(?:[ \t]+(.*))?$/.exec(content)
  if (match === null) return !/^["'?&*!<{[]/.test(content)
  const [, name, raw = ''] = match
  const [, plain, double, single] = scalar.exec(raw) ?? []
  const value = plain ?? double ?? single
  if (value === undefined) return false
  // Unquoted, 1.0 is a number, for YAML as for Helm; it is no version then.
  if (plain !== undefined && /^[\d.]+$/.test(plain) && Number.isFinite(Number(plain))) return true
  if (name === 'version' && item.version === undefined) item.version = value
  else if (name === 'created' && item.created === undefined) item.created = value
  else return false
  return true
}

const isItem = ({ text }: Line) => text === '-' || text.startsWith('- ')

function keyOf({ text }: Line): string | undefined {
  const match = entryKey.exec(text)
  return match?.[1] ?? match?.[2] ?? match?.[3]
}

/** Lines that are neither empty nor comments nor the mark at the beginning. */
function* significantLines(text: string): Generator<Line> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start)
    const stop = end === -1 ? text.length : end
    let at = start
    while (at < stop && text.charCodeAt(at) === 32) at++
    const line = text.slice(at, stop).trimEnd()
    if (line !== '' && !line.startsWith('#') && !(at === start && line === '---'))
      yield { indent: at - start, text: line }
    start = stop + 1
  }
}

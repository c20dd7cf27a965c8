/** Unchanged lines shown around a change, as in `diff -u`. */
const context = 3
/** Beyond this many line pairs the changed middle is shown as one block instead of being compared line by line. */
const maxPairs = 4_000_000

/**
 * Two versions of a file as a unified diff that `git apply` and `patch -p1` take; `''` when they are equal. An empty
 * `before` is a new file, an empty `after` a deleted one.
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return ''
  const lines = compare(linesOf(before), linesOf(after))
  const head = [before === '' ? '--- /dev/null' : `--- a/${path}`, after === '' ? '+++ /dev/null' : `+++ b/${path}`]
  return `${[...head, ...hunksOf(lines).flatMap(renderHunk)].join('\n')}\n`
}

/** One line of the comparison, with its number in both files (the next one where it is absent). */
interface Line {
  mark: ' ' | '-' | '+'
  text: string
  before: number
  after: number
}

/** Lines with their ends, so that a missing final newline and CRLF count. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head += 1
  let tail = 0
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1
  const middle = middleOf(before.slice(head, before.length - tail), after.slice(head, after.length - tail))
  return number([...keep(before.slice(0, head)), ...middle, ...keep(before.slice(before.length - tail))])
}

type Marked = Pick<Line, 'mark' | 'text'>

function keep(lines: readonly string[]): Marked[] {
  return lines.map((text) => ({ mark: ' ', text }))
}

/** Longest common subsequence; the middle between equal ends is short. */
function middleOf(before: readonly string[], after: readonly string[]): Marked[] {
  const removed = (text: string): Marked => ({ mark: '-', text })
  const added = (text: string): Marked => ({ mark: '+', text })
  if (before.length * after.length > maxPairs) return [...before.map(removed), ...after.map(added)]
  const common = commonLengths(before, after)
  const lines: Marked[] = []
  let [left, right] = [0, 0]
  while (left < before.length || right < after.length) {
    const [old, fresh] = [before[left], after[right]]
    const drop = common[left + 1]?.[right] ?? -1
    const take = common[left]?.[right + 1] ?? -1
    if (old !== undefined && old === fresh) {
      lines.push({ mark: ' ', text: old })
      left += 1
      right += 1
    } else if (old !== undefined && (fresh === undefined || drop >= take)) {
      lines.push(removed(old))
      left += 1
    } else if (fresh !== undefined) {
      lines.push(added(fresh))
      right += 1
    }
  }
  return lines
}

/** `lengths[i][j]` is the length of the longest common subsequence of what follows line i and line j. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths: number[][] = []
  let below: number[] = new Array(after.length + 1).fill(0)
  lengths[before.length] = below
  for (let left = before.length - 1; left >= 0; left -= 1) {
    const row: number[] = new Array(after.length + 1).fill(0)
    for (let right = after.length - 1; right >= 0; right -= 1) {
      const longest = Math.max(below[right] ?? 0, row[right + 1] ?? 0)
      row[right] = before[left] === after[right] ? (below[right + 1] ?? 0) + 1 : longest
    }
    lengths[left] = row
    below = row
  }
  return lengths
}

function number(lines: readonly Marked[]): Line[] {
  let [before, after] = [1, 1]
  return lines.map((line) => {
    const numbered = { ...line, before, after }
    if (line.mark !== '+') before += 1
    if (line.mark !== '-') after += 1
    return numbered
  })
}

/** Groups of lines around changes; groups whose context would touch are one. */
function hunksOf(lines: readonly Line[]): Line[][] {
  const hunks: { start: number; end: number }[] = []
  for (const [index, line] of lines.entries()) {
    if (line.mark === ' ') continue
    const start = Math.max(index - context, 0)
    const last = hunks.at(-1)
    if (last !== undefined && start <= last.end) last.end = index + 1 + context
    else hunks.push({ start, end: index + 1 + context })
  }
  return hunks.map(({ start, end }) => lines.slice(start, end))
}

function renderHunk(hunk: readonly Line[]): string[] {
  const side = (other: '-' | '+', from: number) => {
    const count = hunk.filter(({ mark }) => mark !== other).length
    return `${count === 0 ? from - 1 : from},${count}`
  }
  const header = `@@ -${side('+', hunk[0]?.before ?? 1)} +${side('-', hunk[0]?.after ?? 1)} @@`
  return [header, ...hunk.map(({ mark, text }) => mark + renderLine(text))]
}

function renderLine(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : `${text}\n\\ No newline at end of file`
}

/** A line of one side or of both. Numbers begin at 1. */
export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  text: string
  before?: number
  after?: number
}

/** Beyond this product of line counts a change is shown as all removed and all added. */
const limit = 4_000_000

/** Both texts as one list of lines, by their longest common subsequence. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)]
  const common = old.length * now.length > limit ? undefined : commonLengths(old, now)
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  const lengthAt = (row: number, column: number) => common?.[row]?.[column] ?? 0
  while (i < old.length || j < now.length) {
    const isSame = common !== undefined && i < old.length && j < now.length && old[i] === now[j]
    if (isSame) lines.push({ kind: 'same', text: old[i] ?? '', before: ++i, after: ++j })
    else if (i < old.length && (j >= now.length || lengthAt(i + 1, j) >= lengthAt(i, j + 1))) {
      lines.push({ kind: 'removed', text: old[i] ?? '', before: i + 1 })
      i += 1
    } else {
      lines.push({ kind: 'added', text: now[j] ?? '', after: j + 1 })
      j += 1
    }
  }
  return lines
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

/** Length of the longest common subsequence of the rest, from each pair of lines on. */
function commonLengths(old: readonly string[], now: readonly string[]): number[][] {
  const lengths: number[][] = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0))
  for (let i = old.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? []
    const below = lengths[i + 1] ?? []
    for (let j = now.length - 1; j >= 0; j -= 1) {
      row[j] = old[i] === now[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0)
    }
  }
  return lengths
}

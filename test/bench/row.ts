/** One line of the benchmark report. */
export interface BenchRow {
  row: string
  /** What the design asks for, in words. */
  aim: string
  /** Was it reached in this run? Absent where the row is only a report. */
  met?: boolean
  result: Record<string, number | string>
}

/** The value below which that share of the values lie; nearest rank. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN
}

/** For reading: at most `digits` digits after the point. */
export function round(value: number, digits = 1): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}

/** For the end of a report, one line per row: whether its aim was met, its name, the aim, and what was measured. */
export function summary(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ row, aim, met, result }) => {
    const verdict = met === undefined ? '-' : met ? 'ok' : 'MISSED'
    const measured = Object.entries(result).map(([name, value]) => `${name} ${value}`)
    return `${verdict.padEnd(6)} | ${row} | ${aim} | ${measured.join(', ')}`
  })
  return `${['aim    | what | wanted | measured', ...lines].join('\n')}\n`
}

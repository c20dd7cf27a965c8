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

/** One line of the benchmark report. */
export interface BenchRow {
  row: string
  /** What the design asks for, in words. */
  aim: string
  result: Record<string, number | string>
}

import { sanitiseLine } from '../core/change/text.ts'

/**
 * Rows under headings in columns, two blanks apart, for people: what comes from outside is one clean line in its cell, and
 * an empty cell is a dash. Ends with a line break.
 */
export function renderTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows.map((row) => row.map((cell) => sanitiseLine(cell) || '-'))]
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return `${all.map((row) => line(row).trimEnd()).join('\n')}\n`
}

/** For people, where a list has no rows: what there is none of, and where. Goes to stderr, so that what reads us gets nothing. */
export function nothingFound(what: string, filter: Readonly<Record<string, string | undefined>>): string {
  const { kind, namespace, name, phase } = filter
  const where =
    name !== undefined
      ? ` about ${kind}/${namespace}/${name}`
      : namespace === undefined
        ? ''
        : ` in namespace ${namespace}`
  return `there is no ${what}${where}${phase === undefined ? '' : ` in phase ${phase}`}\n`
}

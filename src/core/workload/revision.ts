import { createHash } from 'node:crypto'

/** No served pod template comes near this; what lies deeper does not count, so that no input overflows the stack. */
const maxDepth = 64

/**
 * The workload's revision: the first 16 hex digits of sha256 over the key-sorted JSON of `spec.template` as served.
 * Kubernetes' own template hash is not used because a DaemonSet does not show it before its pods exist.
 */
export function templateRevision(template: unknown): string {
  return createHash('sha256').update(sortedJson(template, 0)).digest('hex').slice(0, 16)
}

/** JSON without blanks and with the keys of every map in code-unit order. */
function sortedJson(value: unknown, depth: number): string {
  if (depth > maxDepth || value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return `[${value.map((entry) => sortedJson(entry, depth + 1)).join(',')}]`
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  let entries = ''
  for (const key of Object.keys(value).sort()) {
    const content = (value as Readonly<Record<string, unknown>>)[key]
    if (content === undefined) continue
    entries += `${entries === '' ? '' : ','}${JSON.stringify(key)}:${sortedJson(content, depth + 1)}`
  }
  return `{${entries}}`
}

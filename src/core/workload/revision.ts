import { hash } from 'node:crypto'
import { field, fields } from './field.ts'

/** No served pod template comes near this; what lies deeper does not count, so that no input overflows the stack. */
const maxDepth = 64

/** Texts that are themselves in JSON, which is most; the rest has quotes, control characters or surrogates in it. */
const plainText = /^[ !#-[\]-\ud7ff]*$/

/**
 * The workload's revision: the first 16 hex digits of sha256 over the key-sorted JSON of `spec.template` as served.
 * Kubernetes' own template hash is not used because a DaemonSet does not show it before its pods exist. The node selector
 * by which Flagger scales a DaemonSet to zero does not count: a scale is no rollout.
 */
export function templateRevision(template: unknown): string {
  // at a start there are as many as workloads, and a Hash object costs five times as much
  return hash('sha256', sortedJson(withoutScale(template), 0)).slice(0, 16)
}

/** Source: fluxcd/flagger, pkg/canary/daemonset_controller.go. */
const scaleToZero = 'flagger.app/scale-to-zero'

function withoutScale(template: unknown): unknown {
  const selected = field(field(template, 'spec'), 'nodeSelector')
  if (field(selected, scaleToZero) === undefined) return template
  const { nodeSelector: _, ...spec } = fields(field(template, 'spec'))
  const { [scaleToZero]: __, ...selector } = fields(selected)
  const isEmpty = Object.keys(selector).length === 0
  return { ...fields(template), spec: isEmpty ? spec : { ...spec, nodeSelector: selector } }
}

/** JSON without blanks and with the keys of every map in code-unit order. */
function sortedJson(value: unknown, depth: number): string {
  if (depth > maxDepth || value === null || value === undefined) return 'null'
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map((entry) => sortedJson(entry, depth + 1)).join(',')}]`
  if (typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  let entries = ''
  for (const key of sortedKeys(value)) {
    const content = (value as Readonly<Record<string, unknown>>)[key]
    if (content === undefined) continue
    entries += `${entries === '' ? '' : ','}${quoted(key)}:${sortedJson(content, depth + 1)}`
  }
  return `{${entries}}`
}

/** A text as JSON. */
function quoted(text: string): string {
  return plainText.test(text) ? `"${text}"` : JSON.stringify(text)
}

/** Sorted only where they are not yet: API servers send many small maps, and most of them in this order. */
function sortedKeys(map: object): readonly string[] {
  const keys = Object.keys(map)
  return keys.every((key, at) => at === 0 || (keys[at - 1] ?? '') < key) ? keys : keys.sort()
}

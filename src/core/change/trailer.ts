/** Trailers of a commit message: the `Key: value` lines of its last paragraph. A key may repeat. */
export function parseTrailers(message: string): ReadonlyMap<string, readonly string[]> {
  const paragraphs = message.trimEnd().split(/\n\s*\n/)
  const trailers = new Map<string, string[]>()
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? '') : ''
  for (const line of last.split('\n')) {
    const match = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(line)
    if (match === null) return new Map()
    const [, key = '', value = ''] = match
    trailers.set(key, [...(trailers.get(key) ?? []), value.trim()])
  }
  return trailers
}

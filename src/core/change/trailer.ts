/** Trailers of a commit message: the `Key: value` lines of its last paragraph. A key may repeat. */
export function parseTrailers(message: string): ReadonlyMap<string, readonly string[]> {
  const paragraphs = message.trimEnd().split(/\n\s*\n/)
  const trailers = new Map<string, string[]>()
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? '') : ''
  for (const [key, value] of readTrailerLines(last) ?? []) trailers.set(key, [...(trailers.get(key) ?? []), value])
  return trailers
}

/** The trailers of one paragraph in their order; undefined when one of its lines is none. */
export function readTrailerLines(paragraph: string): (readonly [key: string, value: string])[] | undefined {
  const trailers: (readonly [string, string])[] = []
  for (const line of paragraph.split('\n')) {
    const match = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(line)
    if (match === null) return undefined
    const [, key = '', value = ''] = match
    trailers.push([key, value.trim()])
  }
  return trailers
}

/**
 * The trailers of every paragraph below the subject that holds nothing else. A squash puts the messages of its commits one
 * after the other, and the host may add trailers of its own below.
 */
export function readTrailerBlocks(message: string): (readonly [key: string, value: string])[][] {
  const [, ...paragraphs] = message.replaceAll('\r', '').split(/\n[ \t]*\n/)
  return paragraphs.flatMap((paragraph) => {
    const trailers = readTrailerLines(paragraph.trim())
    return trailers === undefined ? [] : [trailers]
  })
}

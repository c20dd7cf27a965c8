/** Cuts a stream of bytes into lines. */
export interface LineSplitter {
  push(chunk: Buffer): void
}

const newline = 0x0a

/**
 * Calls `onLine` for each complete line, without its end; empty ones are left out. A line longer than `maxBytes` is
 * told to `onTooLong` and skipped up to its end. What is behind the last newline is dropped: a watch that was cut off
 * in the middle of an event gets that event again.
 */
export function createLineSplitter(
  onLine: (line: Buffer) => void,
  onTooLong: () => void,
  maxBytes: number,
): LineSplitter {
  let pieces: Buffer[] = []
  let size = 0
  let skipping = false

  const add = (piece: Buffer) => {
    if (skipping || piece.length === 0) return
    size += piece.length
    if (size <= maxBytes) {
      pieces.push(piece)
      return
    }
    skipping = true
    pieces = []
    onTooLong()
  }

  const finish = () => {
    const [first] = pieces
    const line = first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces)
    pieces = []
    size = 0
    const complete = !skipping
    skipping = false
    if (complete && line.length > 0) onLine(line)
  }

  return {
    push(chunk) {
      let start = 0
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        add(chunk.subarray(start, end))
        finish()
        start = end + 1
      }
      add(chunk.subarray(start))
    },
  }
}

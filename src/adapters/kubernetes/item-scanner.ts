import { FairleadError } from '../../errors.ts'

/** Cuts the objects out of the bytes of a Kubernetes list as they arrive. */
export interface ItemScanner {
  push(chunk: Buffer): void
  /** The list without its items, as JSON text, once all bytes are there. */
  end(): string
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Nothing that an API server stores is nested deeper. */
const maxDepth = 512
/** etcd takes 1.5 MB; JSON with managedFields may be somewhat longer. */
const maxItemBytes = 8 * 1024 * 1024
const maxEnvelopeBytes = 1024 * 1024

/**
 * Finds each element of the top-level `items` array by counting braces outside of strings, so that a page is never in
 * memory as a whole: a page of 500 Argo CD Applications can have 100 MB. `onItem` gets the JSON text of one element.
 * Metadata may come before or after the items: custom resources are served with sorted keys. Throws `TooLarge`.
 */
export function createItemScanner(onItem: (json: Buffer) => void): ItemScanner {
  const item = createCollector(maxItemBytes, 'an object in the list')
  const envelope = createCollector(maxEnvelopeBytes, "the list's metadata")
  let depth = 0
  let inItems = false
  let inItem = false
  const string = createStringReader()

  const keepRest = (rest: Buffer) => {
    if (inItem) item.add(rest)
    else if (!inItems) envelope.add(rest)
  }

  const open = (chunk: Buffer, at: number, start: number): number => {
    depth++
    if (depth > maxDepth)
      throw new FairleadError('TooLarge', `JSON from the API server is nested over ${maxDepth} deep`)
    if (inItems && !inItem && depth === 3) {
      inItem = true
      return at
    }
    if (depth === 2 && chunk[at] === openBracket && string.text === 'items') {
      inItems = true
      envelope.add(chunk.subarray(start, at + 1))
      return at + 1
    }
    return start
  }

  const close = (chunk: Buffer, at: number, start: number): number => {
    depth--
    if (inItem && depth === 2) {
      inItem = false
      item.add(chunk.subarray(start, at + 1))
      onItem(item.take())
      return at + 1
    }
    if (inItems && depth === 1) {
      inItems = false
      return at
    }
    return start
  }

  return {
    push(chunk) {
      // what belongs to the item or the envelope and was not copied yet begins here
      let start = 0
      for (let at = string.open ? string.resume(chunk) + 1 : 0; at < chunk.length; at++) {
        const byte = chunk[at]
        // only names at the top level matter
        if (byte === quote) at = string.begin(chunk, at + 1, depth === 1)
        else if (byte === openBrace || byte === openBracket) start = open(chunk, at, start)
        else if (byte === closeBrace || byte === closeBracket) start = close(chunk, at, start)
      }
      keepRest(chunk.subarray(start))
    },
    end() {
      if (depth !== 0 || string.open)
        throw new FairleadError('ApiUnavailable', 'the list from the API server is cut off')
      return envelope.take().toString('utf8')
    },
  }
}

/** Passes over one string at a time, across chunks. */
interface StringReader {
  /** In the middle of a string that goes on in the next chunk. */
  readonly open: boolean
  /** The last string that was kept, or its beginning when it is long. */
  readonly text: string
  /** Both return the index of the closing quote, or the length of the chunk when it is not there. */
  begin(chunk: Buffer, from: number, keep: boolean): number
  resume(chunk: Buffer): number
}

const maxKept = 16

function createStringReader(): StringReader {
  let text = ''
  let kept = false
  let open = false
  let escaped = 0

  const skip = (chunk: Buffer, from: number): number => {
    let at = from + escaped
    escaped = 0
    while (at < chunk.length) {
      const byte = chunk[at]
      if (byte === quote) break
      at += byte === backslash ? 2 : 1
    }
    if (at > chunk.length) escaped = at - chunk.length
    const end = Math.min(at, chunk.length)
    if (kept && text.length < maxKept) text += chunk.toString('latin1', from, Math.min(end, from + maxKept))
    open = at >= chunk.length
    return end
  }

  return {
    get open() {
      return open
    },
    get text() {
      return text
    },
    begin(chunk, from, keep) {
      kept = keep
      if (keep) text = ''
      return skip(chunk, from)
    },
    resume: (chunk) => skip(chunk, 0),
  }
}

/** Pieces of bytes that become one when complete; no piece is copied twice. */
function createCollector(maxBytes: number, what: string): { add(piece: Buffer): void; take(): Buffer } {
  let pieces: Buffer[] = []
  let size = 0
  return {
    add(piece) {
      if (piece.length === 0) return
      size += piece.length
      if (size > maxBytes) throw new FairleadError('TooLarge', `${what} is larger than ${maxBytes} bytes`)
      pieces.push(piece)
    },
    take() {
      const [first] = pieces
      const whole = first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces, size)
      pieces = []
      size = 0
      return whole
    },
  }
}

import type { z } from 'zod'
import { FairleadError } from '../errors.ts'

const maxDepth = 64
const maxValues = 20_000

/**
 * Decodes and parses a body. `UsageInvalid` when it is no JSON (says where it stops being that, never what stands
 * there), nests deeper than 64 levels or holds more than 20,000 values: both are counted before anything is parsed.
 */
export function parseJsonBody(body: Uint8Array): unknown {
  refuseShape(body)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    const words = error instanceof Error ? error.message : ''
    const position = /position (\d+)/.exec(words)?.[1]
    const place = position ?? (words.includes('end of JSON') ? 'its end' : undefined)
    const where = place === undefined ? '' : ` at ${position === undefined ? place : `position ${place}`}`
    throw new FairleadError('UsageInvalid', `the body of ${body.byteLength} bytes is not JSON${where}`)
  }
}

/** Checks a payload against a schema; `UsageInvalid` names the first wrong field. */
export function parsePayload<T>(schema: z.ZodType<T>, payload: unknown): T {
  const checked = schema.safeParse(payload)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  const path = issue?.path.join('.') ?? ''
  throw new FairleadError('UsageInvalid', `${path === '' ? 'the body' : path}: ${issue?.message ?? 'invalid'}`)
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
/** By how much a bracket changes the depth. */
const brackets: ReadonlyMap<number, number> = new Map([
  [0x5b, 1],
  [0x7b, 1],
  [0x5d, -1],
  [0x7d, -1],
])

/** One pass over the bytes; in UTF-8 no byte of a longer character looks like one of these. */
function refuseShape(body: Uint8Array): void {
  let depth = 0
  let values = 1
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0
    if (byte === quote) at = endOfText(body, at)
    else if (byte === comma) values++
    else depth += brackets.get(byte) ?? 0
    if (depth > maxDepth) throw new FairleadError('UsageInvalid', `the body nests deeper than ${maxDepth} levels`)
    if (values > maxValues) throw new FairleadError('UsageInvalid', `the body holds more than ${maxValues} values`)
  }
}

/** Where the text that begins at a quote ends. */
function endOfText(body: Uint8Array, from: number): number {
  for (let at = from + 1; at < body.length; at++) {
    if (body[at] === backslash) at++
    else if (body[at] === quote) return at
  }
  return body.length
}

import type { z } from 'zod'
import { parseImageReference } from '../core/image/reference.ts'
import { FairleadError } from '../errors.ts'
import type { ImageRepository } from '../ports.ts'

/** One piece of news in a webhook's body. */
export interface Pushed {
  /** The sender's id of this event; absent when it has none. */
  id?: string | undefined
  image: ImageRepository
  tag: string
}

/** Reads a body that is JSON already. `UsageInvalid` with the place when its shape is wrong; nothing relevant is `[]`. */
export type PayloadParser = (payload: unknown) => readonly Pushed[]

/** Decodes and parses a body; `UsageInvalid` says where it stops being JSON, never what stands there. */
export function parseJsonBody(body: Uint8Array): unknown {
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

/** The event as news, or nothing when its names are none an image could have. */
export function pushed(id: string | undefined, image: ImageRepository, tag: string): readonly Pushed[] {
  try {
    const read = parseImageReference(`${image.registry}/${image.repository}:${tag}`)
    if (read.repository !== image.repository || read.tag !== tag) return []
    return [{ id, image: { registry: read.registry, repository: read.repository }, tag }]
  } catch {
    return []
  }
}

import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import type { Delivery } from './parser.ts'

/** An event in the form of CloudEvents 1.0, as far as it matters here. */
export interface CloudEvent {
  id?: string | undefined
  type: string
  source?: string | undefined
  subject?: string | undefined
  data: unknown
}

const text = z.string().max(1024).nullish()
const structuredSchema = z.object({
  specversion: z.string().max(16),
  id: text,
  type: z.string().max(255),
  source: text,
  subject: text,
  data: z.unknown().optional(),
})

/**
 * The CloudEvent of a request: structured (the body is the event) or binary (the body is its data, the rest stands in
 * headers `ce-…`); undefined when it is none. Source: CloudEvents, HTTP protocol binding.
 */
export function readCloudEvent(payload: unknown, { header }: Delivery): CloudEvent | undefined {
  if (typeof payload === 'object' && payload !== null && 'specversion' in payload) {
    const { id, type, source, subject, data } = parsePayload(structuredSchema, payload)
    return { id: id ?? undefined, type, source: source ?? undefined, subject: subject ?? undefined, data }
  }
  const type = header('ce-type')
  if (header('ce-specversion') === undefined || type === undefined) return undefined
  return { id: header('ce-id'), type, source: header('ce-source'), subject: header('ce-subject'), data: payload }
}

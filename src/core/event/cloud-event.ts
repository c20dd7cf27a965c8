import { sanitiseLine } from '../change/text.ts'
import type { CDEvent } from './cdevents.ts'

export type CloudEventFormat = 'structured' | 'binary'

/**
 * A CDEvent as an HTTP message. The attributes of the CloudEvent say the same as the event's context; its data is the
 * whole event. Source: cdevents/spec cloudevents-binding.md, cloudevents/spec http-protocol-binding.md.
 */
export function bindCloudEvent(
  event: CDEvent,
  format: CloudEventFormat,
): { headers: Record<string, string>; body: string } {
  const attributes = {
    specversion: '1.0',
    id: event.context.id,
    source: event.context.source,
    type: event.context.type,
    subject: event.subject.id,
    time: event.context.timestamp,
  }
  if (format === 'structured') {
    return {
      headers: { 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ ...attributes, datacontenttype: 'application/json', data: event }),
    }
  }
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeHeader(value)] as const)
  return {
    headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) },
    body: JSON.stringify(event),
  }
}

/** Percent-encodes what a header cannot carry, and the per cent sign and the quotation mark (HTTP binding §3.1.3.2). */
function encodeHeader(value: string): string {
  return sanitiseLine(value, 1024).replaceAll(/[^\x21\x23\x24\x26-\x7e]/gu, encodeURIComponent)
}

import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { readCloudEvent } from './cloud-event.ts'
import { readPackageUrl } from './package-url.ts'
import { eventId, type PayloadParser } from './parser.ts'

const text = z.string().max(1024)

const contextSchema = z.object({ context: z.object({ type: text, id: text.nullish(), source: text.nullish() }) })

const publishedSchema = z.object({ subject: z.object({ id: text }) })

/** Types carry the version of their schema behind the name. */
const published = 'dev.cdevents.artifact.published.'

/**
 * Images that `dev.cdevents.artifact.published` tells of, whatever its version; the artifact is named by a package URL.
 * CloudEvents of other types are no news, because brokers pass on all kinds. Source: CDEvents specification,
 * "Artifact events" and "CloudEvents binding".
 */
export const parseCdEvent: PayloadParser = (payload, delivery) => {
  const cloudEvent = readCloudEvent(payload, delivery)
  if (cloudEvent !== undefined && !cloudEvent.type.startsWith(published)) return []
  const event = cloudEvent === undefined ? payload : cloudEvent.data
  const { type, id, source } = parsePayload(contextSchema, event).context
  if (!type.startsWith(published)) return []
  const image = readPackageUrl(parsePayload(publishedSchema, event).subject.id)
  return image === undefined ? [] : [{ id: eventId(source, id), ...image }]
}

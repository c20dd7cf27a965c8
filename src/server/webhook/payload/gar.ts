import { z } from 'zod'
import { orRefusal } from '../../../errors.ts'
import { parseJsonBody, parsePayload } from '../../json-body.ts'
import { type PayloadParser, word } from './parser.ts'

/** A push delivery of Pub/Sub. Source: Google Cloud documentation, "Push subscriptions". */
const deliverySchema = z.object({
  message: z.object({
    data: z
      .string()
      .max(64 * 1024)
      .nullish(),
    messageId: word,
    message_id: word,
  }),
})

/** Source: Google Cloud documentation, Artifact Registry, "Configure Pub/Sub notifications" (topic `gcr`). */
const noteSchema = z.object({ action: word, tag: z.string().max(1024).nullish() })

/**
 * A push to Google Artifact Registry. `tag` is a whole reference, and absent when an image without tag was pushed. What
 * is no such note is no news instead of a mistake, for Pub/Sub repeats for days whatever is not taken.
 */
export const parseGarMessage: PayloadParser = (payload) => {
  const { data, messageId, message_id } = parsePayload(deliverySchema, payload).message
  const { action, tag: reference } = readNote(data ?? '')
  const [, registry, repository, tag] = /^([^/]+)\/(.+):([^/:]+)$/.exec(reference ?? '') ?? []
  if (action !== 'INSERT' || registry === undefined || repository === undefined) return []
  return [{ id: messageId ?? message_id ?? undefined, registry, repository, tag }]
}

function readNote(data: string): z.infer<typeof noteSchema> {
  return orRefusal(
    () => parsePayload(noteSchema, parseJsonBody(Buffer.from(data, 'base64'))),
    () => ({}),
  )
}

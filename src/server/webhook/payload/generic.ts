import { z } from 'zod'
import { parseImageReference } from '../../../core/image/reference.ts'
import { asFairleadError, FairleadError } from '../../../errors.ts'
import { parsePayload } from '../../json-body.ts'
import { hostOf, type Pushed } from '../news.ts'
import { type CloudEvent, readCloudEvent } from './cloud-event.ts'
import { eventId, type PayloadParser, word } from './parser.ts'

const image = z.string().max(512).nullish()

/** Our own body, `{"image": "ghcr.io/acme/app:1.2"}`, and the one of Keel and Headwind, `{"name": …, "tag": …}`. */
const nativeSchema = z
  .object({ id: word, image, name: image, tag: word })
  .refine((body) => body.image || body.name, 'needs image, such as {"image": "ghcr.io/acme/app:1.2"}')

/** The fields of a CloudEvent's data under the names in use; source: Argo CD Image Updater, webhooks, CloudEvents. */
const dataSchema = z.object({
  repository: image,
  repositoryName: image,
  tag: word,
  imageTag: word,
  registry: image,
  registryUrl: image,
})

/** A push that something of the user's own tells of, for instance a pipeline: a body of ours or a CloudEvent. */
export const parseGenericPush: PayloadParser = (payload, delivery) => {
  const event = readCloudEvent(payload, delivery)
  return event === undefined ? [readNative(payload)] : readPushEvent(event)
}

function readNative(payload: unknown): Pushed {
  const body = parsePayload(nativeSchema, payload)
  try {
    const { registry, repository, tag } = parseImageReference(body.image || body.name || '')
    return { id: eventId(body.id), registry, repository, tag: tag ?? (body.tag || undefined) }
  } catch (thrown) {
    throw new FairleadError('UsageInvalid', asFairleadError(thrown).message)
  }
}

/** CloudEvents have no vocabulary for pushes: the type has to speak of an image or container, and of pushing. */
function readPushEvent({ id, type, source, subject, data }: CloudEvent): readonly Pushed[] {
  if (!/container|image/i.test(type) || !/push|publish/i.test(type)) return []
  const fields = parsePayload(dataSchema.nullish(), data) ?? {}
  const [, name, version] = /^([^:]+)(?::(.+))?$/.exec(subject ?? '') ?? []
  const repository = fields.repository || fields.repositoryName || name
  if (!repository) return []
  const host = hostOf(fields.registryUrl || fields.registry)
  const registry = host ?? (source?.includes('://') === true ? hostOf(source) : undefined)
  return [{ id: eventId(source, id), registry, repository, tag: fields.tag || fields.imageTag || version }]
}

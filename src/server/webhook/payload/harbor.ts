import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { hostOf } from '../news.ts'
import { eventId, moment, type PayloadParser, word } from './parser.ts'

const pushTypes: ReadonlySet<string> = new Set(['PUSH_ARTIFACT', 'pushImage', 'harbor.artifact.pushed'])

const dataSchema = z.object({
  resources: z
    .array(z.object({ digest: word, tag: word, resource_url: z.string().max(1024).nullish() }))
    .max(1000)
    .nullish(),
  repository: z.object({ name: word, namespace: word, repo_full_name: word }).nullish(),
})

/** Both forms carry the same facts: in `event_data` by default, in `data` of a CloudEvent. */
const harborSchema = z.object({
  type: z.string().max(255),
  id: word,
  occur_at: moment,
  event_data: dataSchema.nullish(),
  data: dataSchema.nullish(),
})

/**
 * Pushes to Harbor, in its default format and as CloudEvents. Source: Harbor documentation, "Configure Webhook
 * Notifications". The host stands in `resource_url` alone, in which a digest may take the place of the tag.
 */
export const parseHarborEvent: PayloadParser = (payload) => {
  const event = parsePayload(harborSchema, payload)
  const { resources, repository } = event.data ?? event.event_data ?? {}
  const { repo_full_name, namespace, name } = repository ?? {}
  const path = repo_full_name || [namespace, name].filter(Boolean).join('/')
  if (!pushTypes.has(event.type) || path === '') return []
  return (resources ?? []).flatMap(({ tag, digest, resource_url }) => {
    if (!tag) return []
    const id = eventId(event.id ?? event.occur_at, path, tag, digest)
    return [{ id, registry: hostOf(resource_url), repository: path, tag }]
  })
}

import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { hostOf, type Pushed } from '../news.ts'
import { type PayloadParser, word } from './parser.ts'

/** One event of a registry. Azure sends the same, alone instead of in a list. */
const eventSchema = z.object({
  id: z.string().max(1024).nullish(),
  action: z.string().max(64),
  target: z.object({ mediaType: word, repository: word, tag: word, url: z.string().max(4096).nullish() }).nullish(),
  request: z.object({ host: word }).nullish(),
})

const eventsSchema = z.object({ events: z.array(eventSchema).max(1000) })

type Event = z.infer<typeof eventSchema>

/**
 * Notifications of CNCF distribution (registry 2 and 3, self-managed GitLab), content types
 * `application/vnd.docker.distribution.events.v1+json` and `.v2+json`. Source: distribution, docs "Work with
 * notifications". Every body can hold several events; delivery is at least once and unordered.
 */
export const parseRegistryEvents: PayloadParser = (payload) =>
  parsePayload(eventsSchema, payload).events.flatMap(readEvent)

/**
 * A push to Azure Container Registry; `delete`, `quarantine`, `chart_push` and `ping` are no news. Source: Microsoft
 * documentation, "Azure Container Registry webhook reference".
 */
export const parseAcrEvent: PayloadParser = (payload) => readEvent(parsePayload(eventSchema, payload))

/** Pushes of tagged manifests; blobs, child manifests, pulls, mounts and deletes are nobody's news. */
function readEvent({ id, action, target, request }: Event): readonly Pushed[] {
  const { repository, tag, mediaType, url } = target ?? {}
  const isManifest = !mediaType || /manifest|index/.test(mediaType)
  if (action !== 'push' || !isManifest || !repository || !tag) return []
  // The repository lacks its host: it is the one the push was sent to, else the one in the target's address.
  return [{ id: id ?? undefined, registry: hostOf(request?.host) ?? hostOf(url), repository, tag }]
}

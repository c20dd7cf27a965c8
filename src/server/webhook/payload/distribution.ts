import { z } from 'zod'
import { type PayloadParser, parsePayload, pushed } from './webhook-payload.ts'

/**
 * Notifications of CNCF distribution (registry 2 and 3, self-managed GitLab), content types
 * `application/vnd.docker.distribution.events.v1+json` and `.v2+json`. Source: distribution, docs "Work with
 * notifications". Every body can hold several events; delivery is at least once and unordered.
 */
const eventsSchema = z.object({
  events: z
    .array(
      z.object({
        id: z.string().max(1024).nullish(),
        action: z.string().max(64),
        target: z
          .object({
            mediaType: z.string().max(255).nullish(),
            repository: z.string().max(255).nullish(),
            tag: z.string().max(255).nullish(),
            url: z.string().max(4096).nullish(),
          })
          .nullish(),
        request: z.object({ host: z.string().max(255).nullish() }).nullish(),
      }),
    )
    .max(1000),
})

type Event = z.infer<typeof eventsSchema>['events'][number]

/** Pushes of tagged manifests; blobs, child manifests, pulls, mounts and deletes are nobody's news. */
export const parseRegistryEvents: PayloadParser = (payload) =>
  parsePayload(eventsSchema, payload).events.flatMap((event) => {
    const { repository, tag, mediaType } = event.target ?? {}
    const registry = registryHost(event)
    const isManifest = !mediaType || /manifest|index/.test(mediaType)
    if (event.action !== 'push' || !isManifest || !repository || !tag || registry === undefined) return []
    return pushed(event.id ?? undefined, { registry, repository }, tag)
  })

/** The repository of an event lacks its host: it is the one the push was sent to, else the one in the target's address. */
function registryHost({ request, target }: Event): string | undefined {
  for (const url of [request?.host ? `https://${request.host}` : undefined, target?.url]) {
    if (url && URL.canParse(url)) return new URL(url).host
  }
  return undefined
}

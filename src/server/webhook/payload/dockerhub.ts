import { z } from 'zod'
import { type PayloadParser, parsePayload, pushed } from './webhook-payload.ts'

/** Source: Docker documentation, "Docker Hub webhooks". It carries neither a signature nor an id nor a digest. */
const hubSchema = z.object({
  push_data: z.object({ tag: z.string().max(255).nullish() }),
  repository: z.object({
    repo_name: z.string().max(255).nullish(),
    namespace: z.string().max(255).nullish(),
    name: z.string().max(255).nullish(),
  }),
})

/** The push a Docker Hub webhook tells of; official images live under `library/`. */
export const parseDockerHubPush: PayloadParser = (payload) => {
  const { push_data, repository } = parsePayload(hubSchema, payload)
  const path = repository.repo_name || [repository.namespace || 'library', repository.name].filter(Boolean).join('/')
  if (!push_data.tag || (!repository.repo_name && !repository.name)) return []
  const image = { registry: 'docker.io', repository: path.includes('/') ? path : `library/${path}` }
  return pushed(undefined, image, push_data.tag)
}

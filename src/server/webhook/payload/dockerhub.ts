import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { eventId, moment, type PayloadParser, word } from './parser.ts'

/**
 * Source: Docker documentation, "Docker Hub webhooks". It carries neither a signature nor an id nor a digest; the time
 * is a whole or a broken number of seconds.
 */
const hubSchema = z.object({
  push_data: z.object({ tag: word, pushed_at: moment }),
  repository: z.object({ repo_name: word, namespace: word, name: word }),
})

/** The push a Docker Hub webhook tells of; official images live under `library/`. */
export const parseDockerHubPush: PayloadParser = (payload) => {
  const { push_data, repository } = parsePayload(hubSchema, payload)
  const { tag, pushed_at } = push_data
  const path = repository.repo_name || [repository.namespace || 'library', repository.name].filter(Boolean).join('/')
  if (!tag || (!repository.repo_name && !repository.name)) return []
  const full = path.includes('/') ? path : `library/${path}`
  return [{ id: eventId(pushed_at, full, tag), registry: 'docker.io', repository: full, tag }]
}

import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { hostOf } from '../news.ts'
import { type PayloadParser, word } from './parser.ts'

/**
 * Source: Red Hat Quay documentation, "Repository push" notification. It has neither an id nor a time nor a digest, so
 * two pushes of one tag are the same bytes.
 */
const quaySchema = z.object({
  repository: word,
  docker_url: z.string().max(1024).nullish(),
  updated_tags: z.array(z.string().max(255)).max(1000).nullish(),
})

/** A push to Quay: one piece of news for each of its tags. */
export const parseQuayPush: PayloadParser = (payload) => {
  const { repository, docker_url, updated_tags } = parsePayload(quaySchema, payload)
  if (!repository) return []
  const registry = hostOf(docker_url || 'quay.io')
  return [...new Set(updated_tags)].map((tag) => ({ registry, repository, tag }))
}

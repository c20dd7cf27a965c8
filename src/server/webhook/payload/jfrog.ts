import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { hostOf } from '../news.ts'
import { type PayloadParser, word } from './parser.ts'

/** Source: JFrog documentation, "Webhooks", "Event types", domain docker. */
const jfrogSchema = z.object({
  domain: word,
  event_type: word,
  data: z.object({ repo_key: word, path: z.string().max(1024).nullish(), image_name: word, tag: word }).nullish(),
  jpd_origin: z.string().max(1024).nullish(),
})

/**
 * A push to JFrog Artifactory. Images are asked for below the repository's key; where they are reached through a virtual
 * repository or another host, `registry` of the receiver says so. There is no id, and no time.
 */
export const parseJFrogEvent: PayloadParser = (payload) => {
  const { domain, event_type, data, jpd_origin } = parsePayload(jfrogSchema, payload)
  const segments = (data?.path ?? '').split('/')
  const repository = data?.image_name || segments.slice(0, -2).join('/')
  const tag = data?.tag || segments.at(-2)
  if (domain !== 'docker' || event_type !== 'pushed' || !repository || !tag) return []
  const host = hostOf(jpd_origin)
  const registry = host !== undefined && data?.repo_key ? `${host}/${data.repo_key}` : undefined
  return [{ registry, repository, tag }]
}

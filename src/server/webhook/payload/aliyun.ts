import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { eventId, moment, type PayloadParser, word } from './parser.ts'

/** Source: Alibaba Cloud documentation, Container Registry, "Manage triggers". */
const aliyunSchema = z.object({
  push_data: z.object({ tag: word, digest: word, pushed_at: moment }),
  repository: z.object({ region: word, repo_full_name: word, namespace: word, name: word }),
})

/** A push to Alibaba Cloud Container Registry; the host of its personal edition follows from the region. */
export const parseAliyunPush: PayloadParser = (payload) => {
  const { push_data, repository } = parsePayload(aliyunSchema, payload)
  const { tag, digest, pushed_at } = push_data
  const { region, repo_full_name, namespace, name } = repository
  const path = repo_full_name || (namespace && name ? `${namespace}/${name}` : undefined)
  if (!tag || !path) return []
  const registry = region ? `registry.${region}.aliyuncs.com` : undefined
  return [{ id: eventId(pushed_at, path, tag, digest), registry, repository: path, tag }]
}

import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { hostOf } from '../news.ts'
import { type PayloadParser, word } from './parser.ts'

const packageSchema = z.object({
  name: word,
  namespace: word,
  package_type: word,
  ecosystem: word,
  owner: z.object({ login: word }).nullish(),
  package_version: z
    .object({
      package_url: z.string().max(1024).nullish(),
      container_metadata: z.object({ tag: z.object({ name: word }).nullish() }).nullish(),
    })
    .nullish(),
})

const eventSchema = z.object({
  action: word,
  package: packageSchema.nullish(),
  registry_package: packageSchema.nullish(),
})

/**
 * GitHub's events `package` and `registry_package`, published and updated. Source: GitHub documentation, "Webhook events
 * and payloads". The child manifests of an index come as packages without tag; every other event, `ping` too, is no
 * news. Owners may have capitals, image names never do.
 */
export const parseGitHubPackage: PayloadParser = (payload) => {
  const event = parsePayload(eventSchema, payload)
  const found = event.package ?? event.registry_package
  const owner = found?.owner?.login || found?.namespace
  const tag = found?.package_version?.container_metadata?.tag?.name
  const isImage = /^(container|docker)$/i.test(found?.package_type || found?.ecosystem || '')
  if (!/^(published|updated)$/.test(event.action ?? '') || !isImage || !owner || !found?.name || !tag) return []
  const registry = hostOf(found.package_version?.package_url || 'ghcr.io')
  return [{ registry, repository: `${owner}/${found.name}`.toLowerCase(), tag }]
}

import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { type PayloadParser, word } from './parser.ts'

/** Source: Sonatype documentation, "Example headers and payloads", repository component and repository asset. */
const nexusSchema = z.object({
  action: word,
  component: z.object({ format: word, name: word, version: word }).nullish(),
  asset: z.object({ format: word, name: z.string().max(1024).nullish() }).nullish(),
})

/** A Docker component or asset created or updated in Sonatype Nexus, which never says under which host it is reached. */
export const parseNexusEvent: PayloadParser = (payload) => {
  const { action, component, asset } = parsePayload(nexusSchema, payload)
  if (!/^(CREATED|UPDATED)$/.test(action ?? '') || (component ?? asset)?.format !== 'docker') return []
  const [, path, reference] = /^\/?v2\/(.+)\/manifests\/([^/]+)$/.exec(asset?.name ?? '') ?? []
  const repository = component?.name || path
  const tag = component?.version || reference
  return repository && tag ? [{ registry: undefined, repository, tag }] : []
}

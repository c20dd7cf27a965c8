import { z } from 'zod'
import { parsePayload } from '../../json-body.ts'
import { type PayloadParser, word } from './parser.ts'

/** The event as EventBridge hands it on. Source: AWS documentation, "Amazon ECR events and EventBridge". */
const rawSchema = z.object({
  id: word,
  source: word,
  account: word,
  region: word,
  detail: z.object({ result: word, 'action-type': word, 'repository-name': word, 'image-tag': word }),
})

/** The CloudEvent that an input transformer makes of it, in the form that Argo CD Image Updater documents. */
const cloudEventSchema = z.object({
  specversion: z.string().max(16),
  id: word,
  type: word,
  source: z.string().max(1024).nullish(),
  subject: z.string().max(1024).nullish(),
  data: z.object({ repositoryName: word, imageTag: word, registryId: word }).nullish(),
})

/** A successful push to Amazon ECR. */
export const parseEcrEvent: PayloadParser = (payload) => {
  const isCloudEvent = typeof payload === 'object' && payload !== null && 'specversion' in payload
  return isCloudEvent ? readCloudEvent(payload) : readRawEvent(payload)
}

const readRawEvent = (payload: unknown) => {
  const { id, source, account, region, detail } = parsePayload(rawSchema, payload)
  const { 'repository-name': repository, 'image-tag': tag, result, 'action-type': action } = detail
  if (source !== 'aws.ecr' || result !== 'SUCCESS' || action !== 'PUSH' || !repository || !tag) return []
  return [{ id: id ?? undefined, registry: registryHost(account, region), repository, tag }]
}

const readCloudEvent = (payload: unknown) => {
  const { id, type, source, subject, data } = parsePayload(cloudEventSchema, payload)
  const [, region, account, name] = /:ecr:([^:]*):([^:]*):repository\/(.+)$/.exec(source ?? '') ?? []
  const colon = subject?.lastIndexOf(':') ?? -1
  const repository = data?.repositoryName || (colon > 0 ? subject?.slice(0, colon) : name)
  const tag = data?.imageTag || (colon > 0 ? subject?.slice(colon + 1) : undefined)
  if (type !== 'com.amazon.ecr.image.push' || !repository || !tag) return []
  return [{ id: id ?? undefined, registry: registryHost(data?.registryId || account, region), repository, tag }]
}

/** Undefined when the parts are none of an account and a region. */
function registryHost(account: string | null | undefined, region: string | null | undefined): string | undefined {
  if (!/^\d{12}$/.test(account ?? '') || !/^[a-z]{2}[a-z0-9-]+$/.test(region ?? '')) return undefined
  return `${account}.dkr.ecr.${region}.amazonaws.com${region?.startsWith('cn-') ? '.cn' : ''}`
}

import { z } from 'zod'
import { sourceKeys } from '../../core/image/image-source.ts'
import { FairleadError } from '../../errors.ts'

/** What registries send us, no more of it than is used. */

/** Source: distribution specification, "Listing Tags"; an empty repository may say `null`. */
export const tagListSchema = z.object({ tags: z.array(z.string()).nullish() })

/** Source: distribution token specification; both names are in use, `expires_in` is seconds and 60 when absent. */
export const tokenSchema = z.object({
  token: z.string().max(65_536).optional(),
  access_token: z.string().max(65_536).optional(),
  expires_in: z.number().optional(),
})

const platformSchema = z.object({
  os: z.string().max(64),
  architecture: z.string().max(64),
  variant: z.string().max(64).nullish(),
})

const descriptorSchema = z.object({
  mediaType: z.string().max(255).nullish(),
  digest: z.string().max(200),
  size: z.number().optional(),
  platform: platformSchema.nullish(),
  artifactType: z.string().max(255).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
})
export type Descriptor = z.output<typeof descriptorSchema>

/** Of annotations and labels only those that name the source of an image are kept, where they are text. */
const sourceWords = z
  .record(z.string(), z.unknown())
  .nullish()
  .catch(null)
  .transform((words) => {
    const named = Object.values(sourceKeys).flatMap((key) => {
      const value = words?.[key]
      return typeof value === 'string' && value.length <= 1024 ? [[key, value] as const] : []
    })
    return Object.fromEntries(named)
  })

/** An OCI or Docker index, or a single manifest. */
export const manifestSchema = z.object({
  mediaType: z.string().max(255).nullish(),
  manifests: z.array(descriptorSchema).max(1000).nullish(),
  config: descriptorSchema.nullish(),
  layers: z.array(descriptorSchema).max(1000).nullish(),
  subject: descriptorSchema.nullish(),
  annotations: sourceWords,
})
export type Manifest = z.output<typeof manifestSchema>

/** A Sigstore bundle, no more of it than a signature by a key needs. Source: protobuf-specs, sigstore_bundle.proto. */
export const bundleSchema = z.object({
  dsseEnvelope: z
    .object({
      payloadType: z.string().max(255),
      payload: z.string(),
      signatures: z.array(z.object({ sig: z.string().max(16_384) })).max(8),
    })
    .nullish(),
})

/** An image config; Helm charts and other artifacts have none of these fields. */
export const imageConfigSchema = z.object({
  os: z.string().max(64).nullish(),
  architecture: z.string().max(64).nullish(),
  variant: z.string().max(64).nullish(),
  created: z.string().max(64).nullish().catch(null),
  config: z.object({ Labels: sourceWords }).nullish().catch(null),
})
export type ImageConfig = z.output<typeof imageConfigSchema>

/** Parses a JSON body; `RegistryInvalid` names what was read and where it is wrong, never the content. */
export function parseBody<T>(schema: z.ZodType<T>, body: Uint8Array, what: string): T {
  const checked = schema.safeParse(parseJson(body, what))
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw new FairleadError('RegistryInvalid', `${what}: unexpected answer${where}: ${issue?.message ?? 'invalid'}`)
}

function parseJson(body: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    throw new FairleadError('RegistryInvalid', `${what}: the answer is not JSON (${body.byteLength} bytes)`)
  }
}

import { z } from 'zod'
import {
  canProve,
  type WebhookAuth,
  type WebhookType,
  webhookProofs,
  webhooksWithoutHost,
  webhookTypes,
} from './api/webhook-type.ts'

const oidc = z.strictObject({
  audience: z.string().min(1).max(1024).describe('What the sender puts into aud.'),
  email: z.string().min(1).max(320).describe('The service account the sender runs as.'),
  issuer: z.string().min(1).max(1024).default('https://accounts.google.com'),
  keysUrl: z
    .string()
    .regex(/^https:\/\/[^\s@]+$/, 'an https address without credentials')
    .refine((url) => URL.canParse(url), 'an https address without credentials')
    .default('https://www.googleapis.com/oauth2/v3/certs')
    .describe('The JSON Web Key Set of the issuer.'),
  caFile: z.string().min(1).optional().describe('Authorities trusted for keysUrl beside those of the system.'),
})

const rate = z.strictObject({
  perSecond: z.number().positive().max(100_000).default(50),
  burst: z.number().int().positive().max(1_000_000).default(200),
})

/** One entry of `webhooks.receivers`. */
export const receiver = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes'),
  type: z.enum(webhookTypes as [WebhookType, ...WebhookType[]]),
  secretFile: z.string().optional(),
  auth: z
    .enum(['header', 'hmac', 'path', 'oidc', 'none'])
    .optional()
    .describe('How senders prove themselves; the default depends on the type.'),
  oidc: oidc.optional(),
  registry: z
    .string()
    .regex(/^[a-zA-Z0-9.[\]:-]+(\/[a-z0-9._-]+)*$/, 'a host such as nexus.example.com:8083, perhaps with a path')
    .optional()
    .describe('The registry to ask instead of the one that the payload names.'),
  rate: rate.prefault({}).describe('Requests taken by this receiver.'),
})

export type ReceiverConfig = z.output<typeof receiver>

/** How senders of a receiver prove themselves: as written, else as its type does by nature. */
export function receiverAuth({ type, auth }: ReceiverConfig): WebhookAuth {
  return auth ?? webhookProofs[type][0]
}

/** What is wrong with a receiver although each of its keys is right, in words. */
export function receiverMistakes(one: ReceiverConfig): string[] {
  const auth = receiverAuth(one)
  const { type, secretFile } = one
  const mistakes: string[] = []
  if (!canProve(type, auth)) {
    mistakes.push(`auth ${auth} is nothing that type ${type} can do; use ${webhookProofs[type].join(', ')} or none`)
  } else if (auth === 'oidc' && one.oidc === undefined) {
    mistakes.push('auth oidc needs oidc: {audience, email} (or set auth: none to accept hints from anybody)')
  } else if (auth !== 'none' && auth !== 'oidc' && secretFile === undefined) {
    mistakes.push(`auth ${auth} needs secretFile (or set auth: none to accept hints from anybody)`)
  }
  if (auth !== 'oidc' && one.oidc !== undefined) mistakes.push(`oidc has no meaning with auth ${auth}`)
  if (webhooksWithoutHost.has(type) && one.registry === undefined) {
    mistakes.push(`type ${type} needs registry, because its payload does not say which host it is about`)
  }
  return mistakes
}

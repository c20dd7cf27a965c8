/**
 * How the sender of a webhook proves itself.
 * - `header`: a secret in a header, `Authorization` unless the sender has one of its own.
 * - `hmac`: a signature over the raw body, made with a shared secret.
 * - `path`: the secret is the last segment of the URL, for senders that know nothing but a URL.
 * - `oidc`: a signed token of the sender's platform (Google Pub/Sub).
 * - `none`: anybody may send hints.
 */
export type WebhookAuth = 'header' | 'hmac' | 'path' | 'oidc' | 'none'

/**
 * The types of webhook receivers, each with the proofs that its senders can give; the first is the default. `none`
 * always works, but has to be written out.
 */
export const webhookProofs = {
  acr: ['header', 'path'],
  aliyun: ['path'],
  cdevents: ['header', 'hmac', 'path'],
  dockerhub: ['path'],
  ecr: ['header', 'path'],
  gar: ['oidc', 'path'],
  generic: ['hmac', 'header', 'path'],
  ghcr: ['hmac'],
  github: ['hmac'],
  gitlab: ['header', 'path'],
  harbor: ['header', 'path'],
  jfrog: ['hmac', 'header'],
  nexus: ['hmac'],
  quay: ['path'],
  registry: ['header', 'path'],
} as const satisfies Record<string, readonly [WebhookAuth, ...WebhookAuth[]]>

export type WebhookType = keyof typeof webhookProofs

export const webhookTypes = Object.keys(webhookProofs) as readonly WebhookType[]

/** Whose payload says nothing about the host of the registry: `registry` of the receiver has to. */
export const webhooksWithoutHost: ReadonlySet<WebhookType> = new Set(['nexus'])

/** Whether senders of a type can prove themselves in that way. */
export function canProve(type: WebhookType, auth: WebhookAuth): boolean {
  const proofs: readonly WebhookAuth[] = webhookProofs[type]
  return auth === 'none' || proofs.includes(auth)
}

/** Who signs the tokens of a receiver with `auth: oidc`, and what they must say. */
export interface OidcSettings {
  /** The `aud` that the sender was told to ask for. */
  audience: string
  /** The account the sender runs as; its address must be verified by the issuer. */
  email: string
  issuer: string
  /** Where the issuer publishes its keys, a JSON Web Key Set. */
  keysUrl: string
}

/** Requests a receiver takes: `burst` at once, then `perSecond`. */
export interface WebhookRate {
  perSecond: number
  burst: number
}

import { canProve, webhookProofs } from '../../api/webhook-type.ts'
import type { Clock, Http } from '../../ports.ts'
import { createSecretFile, type MountedFile } from '../../runtime/mounted-file.ts'
import type { ServerRequest } from '../router.ts'
import { headerOf, holdsSecret, isSameSecret, isSigned } from './auth.ts'
import { createTokenCheck } from './oidc.ts'
import { invalidReceiver, type WebhookReceiver } from './receiver.ts'
import { type SenderType, senderTypes } from './type.ts'

/**
 * Checks that a sender is who it claims to be: without a body all that can be checked without one, with a body the rest.
 * Resolves to why the sender is refused, in words for the log, and to undefined when it is not. Rejects when that
 * cannot be known now: the secret cannot be read, or the keys of an issuer cannot be had.
 */
export type Proof = (request: ServerRequest, body?: Uint8Array) => Promise<string | undefined>

export interface ProofDependencies {
  clock: Clock
  /** Asks for the keys of token issuers; needed for `auth: oidc`. */
  http?: Http
  /** Told every secret read, so that the log can mask it. */
  secretSeen?: (secret: string) => void
}

/** The proof that a receiver demands; `ConfigInvalid` when senders of its type cannot give it, or something is missing. */
export function createProof(receiver: WebhookReceiver, { clock, http, secretSeen }: ProofDependencies): Proof {
  const { auth, type, secretFile, oidc } = receiver
  const sender = senderTypes[type]
  if (!canProve(type, auth)) {
    const possible = webhookProofs[type].join(', ')
    throw invalidReceiver(receiver, `auth ${auth} is nothing that type ${type} can do; use ${possible} or none`)
  }
  if (auth === 'none') return async () => undefined
  if (auth === 'oidc') {
    if (oidc === undefined || http === undefined) throw invalidReceiver(receiver, 'auth oidc needs audience and email')
    const check = createTokenCheck(oidc, http, clock)
    return async ({ headers }, body) => (body === undefined ? check(headers.authorization) : undefined)
  }
  if (!secretFile) throw invalidReceiver(receiver, `auth ${auth} needs secretFile`)
  const file = createSecretFile(secretFile, secretSeen)
  if (auth === 'hmac') return createSignatureProof(receiver, file)
  return async (request, body) =>
    body === undefined ? secretRefusal(auth, sender, request, await file.read()) : undefined
}

function secretRefusal(
  auth: 'header' | 'path',
  { secretHeader = 'authorization' }: SenderType,
  { headers, params }: ServerRequest,
  secret: string,
): string | undefined {
  if (auth === 'path') return isSameSecret(params.secret, secret) ? undefined : 'the secret in the path is wrong'
  return holdsSecret(headers, secretHeader, secret) ? undefined : `the secret in ${secretHeader} is missing or wrong`
}

function createSignatureProof({ type }: WebhookReceiver, file: MountedFile<string>): Proof {
  const { signature } = senderTypes[type]
  if (signature === undefined) return async () => 'senders of this type do not sign'
  const names = signature.headers.join(' or ')
  return async ({ headers }, body) => {
    if (body === undefined) {
      const isThere = signature.headers.some((name) => headerOf(headers, name))
      return isThere ? undefined : `there is no signature in ${names}`
    }
    return isSigned(headers, signature, await file.read(), body) ? undefined : `the signature in ${names} is wrong`
  }
}

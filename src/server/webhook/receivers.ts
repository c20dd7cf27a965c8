import { createRateLimit, type RateLimit } from '../rate-limit.ts'
import { createProof, type Proof, type ProofDependencies } from './proof.ts'
import { invalidReceiver, type WebhookReceiver } from './receiver.ts'
import { type SenderType, senderTypes } from './type.ts'

/** A receiver at work. */
export interface Receiver extends Pick<WebhookReceiver, 'name' | 'auth' | 'registry'> {
  sender: SenderType
  proof: Proof
  /** Counts those who proved themselves; the others use up nobody's share. */
  rate: RateLimit
  /** How often refusals are logged; a flood of them must not become a flood of lines. */
  lines: RateLimit
}

/** Receivers by name; `ConfigInvalid` when one of them cannot work. */
export function openReceivers(
  receivers: readonly WebhookReceiver[],
  dependencies: ProofDependencies,
): ReadonlyMap<string, Receiver> {
  const { clock } = dependencies
  const open = new Map<string, Receiver>()
  for (const one of receivers) {
    const { name, auth, type, registry, rate = { perSecond: 50, burst: 200 } } = one
    if (open.has(name)) throw invalidReceiver(one, 'there are two of that name')
    if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
      throw invalidReceiver(one, 'the name becomes part of a path; use lower-case letters, digits and -')
    }
    open.set(name, {
      name,
      auth,
      registry,
      sender: senderTypes[type],
      proof: createProof(one, dependencies),
      rate: createRateLimit(clock, rate),
      lines: createRateLimit(clock, { perSecond: 1 / 60, burst: 5 }),
    })
  }
  return open
}

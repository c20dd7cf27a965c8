import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { UpdateRequest } from '../../api/update-request.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import { FairleadError } from '../../errors.ts'
import { parseJsonBody, parsePayload } from '../json-body.ts'
import { problem, type ServerAnswer, type ServerRequest } from '../router.ts'

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest such as sha256:… with 64 hex digits')
/** Headwind's clients name the approver; who it is, only the review says. */
const approver = z.string().optional()
/** Words that somebody can read; invisible characters are none. */
const words = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => sanitiseLine(text) !== '', 'say why')
const approval = z.strictObject({ digest: digest.optional(), approver })
const rejection = z.strictObject({ digest: digest.optional(), approver, reason: words(1024) })

/** What is sent with a decision. */
export interface Decision {
  digest?: string | undefined
  /** Only of a rejection. */
  reason?: string | undefined
}

/** 415 for a body that does not say it is JSON. */
export function refuseMediaType({ headers }: ServerRequest): ServerAnswer | undefined {
  const type = headers['content-type']
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
  if (type === undefined ? isEmpty : /^application\/json *(?:;|$)/i.test(type)) return undefined
  return problem(415, 'UnsupportedMediaType', 'send JSON, with Content-Type: application/json')
}

/** The body of an approval or a rejection; an empty one is `{}`. `UsageInvalid` names what is wrong. */
export function parseDecision(kind: 'approve' | 'reject', body: Buffer): Decision {
  const value = body.length === 0 ? {} : parseJsonBody(body)
  return kind === 'approve' ? parsePayload(approval, value) : parsePayload(rejection, value)
}

const rollback = z.strictObject({
  to: z.string().min(1).max(512).optional(),
  container: z.string().min(1).max(63).optional(),
  reason: words(253),
})

/** What a person sends who wants an older image back. */
export type RollbackBody = z.output<typeof rollback>

/** `UsageInvalid` names what is wrong. */
export function parseRollback(body: Buffer): RollbackBody {
  return parsePayload(rollback, body.length === 0 ? {} : parseJsonBody(body))
}

/** It stands in an annotation and in a commit message, on one line each. */
const visible = /^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u
const reason = z.string().trim().max(253).regex(visible, 'one line of visible text')
const hold = z.strictObject({ reason: reason.min(1) })
const release = z.strictObject({ reason: reason.default('') })

/** Why a workload is held. `UsageInvalid` names what is wrong. */
export function parseHold(body: Buffer): { reason: string } {
  return parsePayload(hold, body.length === 0 ? {} : parseJsonBody(body))
}

/** Why it is released, which need not be said; an empty body is `{}`. */
export function parseRelease(body: Buffer): { reason: string } {
  return parsePayload(release, body.length === 0 ? {} : parseJsonBody(body))
}

/** Names the whole change: the object's spec never changes, and another object has another uid. */
export function etagOf({ metadata, spec }: UpdateRequest): string {
  return `"${createHash('sha256')
    .update(JSON.stringify([metadata.uid, spec]))
    .digest('hex')
    .slice(0, 32)}"`
}

/**
 * `SeenDiffers` unless the caller saw this very change. `If-Match` holds the ETag that a read gave, or the digest; `digest`
 * of the body the digest. Whoever sends neither decides about what there is.
 */
export function requireSeen(request: UpdateRequest, { digest: wanted }: Decision, { headers }: ServerRequest): void {
  const { change } = request.spec
  const matches = [...(headers['if-match'] ?? '').matchAll(/"([^"]*)"|(\*)/g)].map(([all, text]) => text ?? all)
  const isMatched = matches.some((one) => one === '*' || `"${one}"` === etagOf(request) || one === change.digest)
  const sentMatch = headers['if-match'] !== undefined
  if ((!sentMatch || isMatched) && (wanted === undefined || wanted === change.digest)) return
  const now = `it is about ${change.to} with digest ${change.digest ?? 'unknown'} now`
  throw new FairleadError('SeenDiffers', `${request.metadata.name} is not the change you saw: ${now}`)
}

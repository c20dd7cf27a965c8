import { z } from 'zod'
import { FairleadError } from '../../errors.ts'
import { jsonOrNothing } from '../../runtime/json.ts'

/** What Slack's Web API answers, always with status 200. */
const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().max(100).optional(),
  channel: z.string().max(100).optional(),
  ts: z.string().max(100).optional(),
})

export type SlackAnswer = z.output<typeof answerSchema>

/** The answer; `SinkUnavailable` when it is none of Slack's. */
export function parseSlackAnswer(body: Uint8Array): SlackAnswer {
  const answer = answerSchema.safeParse(jsonOrNothing(new TextDecoder().decode(body)))
  if (answer.success) return answer.data
  throw new FairleadError('SinkUnavailable', 'Slack answers something else than its API does; is the address right?')
}

/** Source: docs.slack.dev, `chat.postMessage` and `chat.update`, errors. */
const refusals: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_arguments',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'metadata_too_large',
])
const passing: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
])
/** A message that can be changed no longer: a new one tells the rest. */
const unchangeable: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

export function isUnchangeable({ ok, error = '' }: SlackAnswer): boolean {
  return !ok && unchangeable.has(error)
}

/** Throws unless it is `ok`. What is wrong with token or channel heals when somebody mends it. */
export function requireOk({ ok, error = '' }: SlackAnswer): void {
  if (ok) return
  const code = /^[a-z_]+$/.test(error) ? error : 'no reason'
  if (refusals.has(code)) throw new FairleadError('SinkRefused', `Slack refuses the message: ${code}`)
  if (passing.has(code)) throw new FairleadError('SinkUnavailable', `Slack answers ${code}`)
  const message = `Slack answers ${code}: check token, scope chat:write and channel of publishers.slack`
  throw new FairleadError('SinkAuthFailed', message, { retryAfterMs: 60_000 })
}

import { sanitiseLine } from '../change/text.ts'
import type { PhaseName } from '../workload/phase.ts'
import { durationSeconds, failureMessage } from './fact.ts'
import { slackCode, slackEscape } from './slack-text.ts'
import { eventId, rolloutId, type Transition } from './transition.ts'

/** A message in Block Kit; `text` is what notifications show. Nothing in it is a mention or unfurls. */
export interface SlackMessage {
  text: string
  blocks: readonly object[]
  unfurl_links: false
  unfurl_media: false
  /** Readable by apps: which rollout and which events the message is about. Incoming webhooks do not take it. */
  metadata: { event_type: 'fairlead_rollout'; event_payload: { rollout_id?: string; event_ids: string } }
}

/** A digest lists so many rollouts and counts the rest. */
const listed = 20
/** A section holds 3,000 characters, and a line at most 250. */
const linesOfSection = 10

/**
 * The state of one rollout. A later transition of the same rollout renders the same message, further on. The header's
 * `block_id` is the id of the event, for those who read messages through the API.
 */
export function renderSlackMessage(transition: Transition): SlackMessage {
  const { workload, cluster, version, previousVersion } = transition
  const [emoji, words] = headline(transition)
  const place = `${workload.namespace}/${workload.name}`
  return {
    text: `${emoji} ${words}: ${slackEscape(place)} ${slackEscape(version)} (${slackEscape(cluster)})`,
    blocks: [
      {
        type: 'header',
        block_id: eventId(transition),
        text: { type: 'plain_text', text: `${emoji} ${words}`, emoji: true },
      },
      {
        type: 'section',
        fields: [
          field('Workload', workload.name),
          field('Kind', workload.kind),
          field('Namespace', workload.namespace),
          field('Cluster', cluster),
        ],
      },
      section(
        `*Version:* ${previousVersion === undefined ? '' : `${slackCode(previousVersion)} → `}${slackCode(version)}`,
      ),
      ...durationBlock(transition),
      ...failureBlocks(transition),
      { type: 'context', elements: [mrkdwn(contextLine(transition))] },
    ],
    unfurl_links: false,
    unfurl_media: false,
    metadata: {
      event_type: 'fairlead_rollout',
      event_payload: { rollout_id: rolloutId(transition), event_ids: eventId(transition) },
    },
  }
}

/** Many failures at once are one message. */
export function renderSlackDigest(failures: readonly Transition[]): SlackMessage {
  const words = `${failures.length} rollouts failed`
  const lines = failures.slice(0, listed).map(digestLine)
  const rest = failures.length - lines.length
  const sections = Array.from({ length: Math.ceil(lines.length / linesOfSection) }, (_, index) =>
    section(lines.slice(index * linesOfSection, (index + 1) * linesOfSection).join('\n')),
  )
  return {
    text: `:x: ${words}`,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: `:x: ${words}`, emoji: true } },
      ...sections,
      ...(rest > 0 ? [{ type: 'context', elements: [mrkdwn(`and ${rest} more`)] }] : []),
    ],
    unfurl_links: false,
    unfurl_media: false,
    metadata: {
      event_type: 'fairlead_rollout',
      event_payload: { event_ids: failures.slice(0, listed).map(eventId).join(' ') },
    },
  }
}

function headline({ phase, rollback, recovered }: Transition): [emoji: string, words: string] {
  const what = rollback ? 'Rollback' : 'Rollout'
  const ends: Record<PhaseName, [string, string]> = {
    rolling_out: [rollback ? ':rewind:' : ':rocket:', `${what} started`],
    success: [':white_check_mark:', recovered ? `${what} succeeded after it had failed` : `${what} succeeded`],
    failed: [':x:', `${what} failed`],
  }
  return ends[phase]
}

function durationBlock(transition: Transition): object[] {
  const seconds = durationSeconds(transition)
  if (seconds === undefined || transition.phase === 'rolling_out') return []
  return [section(`:stopwatch: Took ${renderSeconds(seconds)}`)]
}

/** The message is the cluster's own words, so it is plain text, in which nothing has a meaning. */
function failureBlocks(transition: Transition): object[] {
  if (transition.phase !== 'failed') return []
  return [
    section(`:warning: *Error:* ${slackCode(transition.reason)}`),
    { type: 'section', text: { type: 'plain_text', text: failureMessage(transition) || '-', emoji: false } },
  ]
}

function contextLine({ at, commit }: Transition): string {
  const time = sanitiseLine(at.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' UTC'))
  return `At ${slackEscape(time)}${commit === undefined ? '' : `, commit ${slackCode(commit.slice(0, 12))}`}`
}

function digestLine(transition: Transition): string {
  const { workload, cluster, version, reason } = transition
  const place = sanitiseLine(`${cluster} ${workload.namespace}/${workload.name}`, 120)
  return `• ${slackCode(place, 120)} ${slackCode(version, 50)} ${slackCode(reason, 50)}`
}

function field(name: string, value: string): object {
  return mrkdwn(`*${name}*\n${slackCode(value)}`)
}

function section(text: string): object {
  return { type: 'section', text: mrkdwn(text) }
}

/** `verbatim`: Slack makes no links and mentions of what looks like one. */
function mrkdwn(text: string): object {
  return { type: 'mrkdwn', text, verbatim: true }
}

/** `3m 20s`, `2h 5m`. */
function renderSeconds(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)]
  if (hours > 0) return `${hours}h ${minutes}m`
  return minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`
}

import type { SlackMessage } from '../../core/event/slack-message.ts'
import { FairleadError } from '../../errors.ts'
import type { MountedFile } from '../../runtime/mounted-file.ts'
import { type SinkPost, sinkSecret } from '../../runtime/sink-post.ts'
import { isUnchangeable, parseSlackAnswer, requireOk, type SlackAnswer } from './answer.ts'
import type { SlackChannel } from './sink.ts'

const what = 'Slack'
const jsonType = { 'content-type': 'application/json; charset=utf-8' }

/** The channel that an incoming webhook leads to. Its address is the secret; a message cannot be changed later. */
export function createWebhookChannel(webhookUrl: MountedFile<string>, post: SinkPost): SlackChannel {
  return {
    async post({ metadata: _, ...message }) {
      const url = await sinkSecret(what, () => webhookUrl.read())
      if (!URL.canParse(url)) {
        const message = `${what}: ${webhookUrl.path} holds no address; copy the webhook's into it`
        throw new FairleadError('SinkAuthFailed', message, { retryAfterMs: 60_000 })
      }
      await post({ what, url, headers: jsonType, body: JSON.stringify(message) })
      return undefined
    },
    update: async () => false,
  }
}

export interface BotSettings {
  /** `https://slack.com/api` */
  apiURL: string
  botToken: MountedFile<string>
  /** Id or name; the bot must be in it. */
  channel: string
}

/** A channel that a bot with the scope `chat:write` is in. */
export function createBotChannel({ apiURL, botToken, channel }: BotSettings, post: SinkPost): SlackChannel {
  async function call(method: string, argument: object): Promise<SlackAnswer> {
    const token = await sinkSecret(what, () => botToken.read())
    const { body } = await post({
      what,
      url: `${apiURL.replace(/\/+$/, '')}/${method}`,
      headers: { ...jsonType, authorization: `Bearer ${token}` },
      body: JSON.stringify(argument),
    })
    return parseSlackAnswer(body)
  }

  return {
    async post(message: SlackMessage) {
      const answer = await call('chat.postMessage', { channel, ...message })
      requireOk(answer)
      // `chat.update` takes no channel names
      return answer.ts === undefined ? undefined : { channel: answer.channel ?? channel, ts: answer.ts }
    },
    async update({ channel: id, ts }, message) {
      const { unfurl_links: _links, unfurl_media: _media, ...rest } = message
      const answer = await call('chat.update', { channel: id, ts, ...rest })
      if (isUnchangeable(answer)) return false
      requireOk(answer)
      return true
    },
  }
}

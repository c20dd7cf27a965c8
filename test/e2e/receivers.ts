import { createHmac, timingSafeEqual } from 'node:crypto'
import { valueAt } from './kubernetes.ts'
import { type Incoming, type Receiver, startReceiver, type Taken, type Told } from './receiver.ts'

/** The services that fairlead tells of rollouts, each with the checks that the real one makes. */
export type Receivers = Record<'controlPlane' | 'slack' | 'pubsub' | 'cdevents' | 'webhook', Receiver>

const apiKey = 'key of the control plane'
const botToken = 'xoxb-0-of-the-bot'
const channelId = 'C0123456789'
const hookPath = '/services/T0/B0/of-the-hook'
const webhookSecret = 'what the webhook is signed with'

export const receiverSecrets: readonly string[] = [apiKey, botToken, hookPath, webhookSecret]

export async function startReceivers(): Promise<Receivers> {
  return {
    controlPlane: await startReceiver(takeAsControlPlane),
    slack: await startReceiver(createSlack()),
    pubsub: await startReceiver(takeAsPubsub),
    cdevents: await startReceiver(takeAsBroker),
    webhook: await startReceiver(takeAsWebhook),
  }
}

/** One of the two ways in which Slack and receivers of CDEvents are told. */
export type Variant = 'bot, structured' | 'hook, binary'

/** `publishers` of the configuration; `secret` writes a file and says where it is. */
export async function publishersFor(
  { controlPlane, slack, pubsub, cdevents, webhook }: Receivers,
  variant: Variant,
  secret: (name: string, text: string) => Promise<string>,
): Promise<object> {
  const insecure = true
  const isBot = variant === 'bot, structured'
  return {
    controlPlane: { url: controlPlane.url, insecure, apiKeyFile: await secret('api-key', apiKey) },
    slack: isBot
      ? { botTokenFile: await secret('bot-token', botToken), channel: 'deployments', ...slackPlace(slack) }
      : { webhookUrlFile: await secret('hook', `${slack.url}${hookPath}`), ...slackPlace(slack) },
    pubsub: { project: 'acme-e2e', topic: 'rollouts', endpoint: pubsub.url },
    cdevents: { url: `${cdevents.url}/broker`, insecure, format: isBot ? 'structured' : 'binary' },
    webhook: { url: `${webhook.url}/hook`, insecure, secretFile: await secret('webhook-secret', webhookSecret) },
  }
}

function slackPlace({ url }: Receiver): object {
  return { apiURL: `${url}/api`, insecure: true }
}

const refuse = (status: number, body: string): Taken => ({ status, body })

const text = (value: unknown, ...path: (string | number)[]) => String(valueAt(value, ...path) ?? '')

const list = (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : [])

/** AppTrail's: the key first, then one event, or several in an array. */
function takeAsControlPlane({ path, headers, json }: Incoming): Taken {
  if (headers['x-api-key'] !== apiKey) return refuse(401, 'no such key')
  if (path === '/ingest/v1/agent/heartbeat') return { status: 202, isOther: true }
  if (path === '/ingest/v1/agent/events') return { status: 202, told: [toldByAppTrail(json)] }
  if (path === '/ingest/v1/agent/events/batch') return { status: 202, told: list(json).map(toldByAppTrail) }
  return refuse(404, 'no such endpoint')
}

const appTrailPhases: Record<string, string> = { PROGRESSING: 'rolling_out', COMPLETED: 'success', FAILED: 'failed' }

function toldByAppTrail(event: unknown): Told {
  return {
    id: text(event, 'eventId'),
    workload: `${text(event, 'workload', 'namespace')}/${text(event, 'workload', 'name')}`,
    version: text(event, 'revision', 'current'),
    what: appTrailPhases[text(event, 'phase')] ?? '',
    text: JSON.stringify(event),
  }
}

/** Slack's: a Web API that always answers 200 and says in the body what is wrong, and an incoming webhook. */
function createSlack(): (request: Incoming) => Taken {
  const messages = new Set<string>()
  const answer = (body: object): Taken => ({ status: 200, body: JSON.stringify(body) })
  const error = (code: string) => ({ status: 200, body: JSON.stringify({ ok: false, error: code }) })

  return ({ path, headers, json }) => {
    if (path === hookPath) return { status: 200, body: 'ok', told: toldBySlack(json) }
    if (headers.authorization !== `Bearer ${botToken}`) return error('invalid_auth')
    const [channel, ts] = [text(json, 'channel'), text(json, 'ts')]
    if (path === '/api/chat.postMessage') {
      if (channel !== 'deployments') return error('channel_not_found')
      const place = `1790000000.${String(messages.size + 1).padStart(6, '0')}`
      messages.add(place)
      return { ...answer({ ok: true, channel: channelId, ts: place }), told: toldBySlack(json) }
    }
    if (path === '/api/chat.update') {
      // a name is no channel here
      if (channel !== channelId) return error('channel_not_found')
      if (!messages.has(ts)) return error('message_not_found')
      return { ...answer({ ok: true, channel, ts }), told: toldBySlack(json) }
    }
    return error('unknown_method')
  }
}

const slackWords: Record<string, string> = { started: 'rolling_out', succeeded: 'success', failed: 'failed' }

/** As a person reads it; the id is that of the header's block. */
function toldBySlack(message: unknown): Told[] {
  const [, word = '', workload = '', version = ''] =
    text(message, 'text').match(/^\S+ (?:Rollout|Rollback) (\w+).*: (\S+) (\S+) \(e2e\)$/) ?? []
  const id = text(message, 'blocks', 0, 'block_id')
  return [{ id, workload, version, what: slackWords[word] ?? '', text: JSON.stringify(message) }]
}

/** Pub/Sub's emulator: nobody shows it a token, and one request has one ordering key. */
function takeAsPubsub({ path, headers, json }: Incoming): Taken {
  if (path !== '/v1/projects/acme-e2e/topics/rollouts:publish') return refuse(404, 'no such topic')
  if (headers.authorization !== undefined) return refuse(400, 'a token that is none of my business')
  const messages = list(valueAt(json, 'messages'))
  if (new Set(messages.map((one) => text(one, 'orderingKey'))).size !== 1) return refuse(400, 'several ordering keys')
  const told = messages.map((one) => toldByAppTrail(JSON.parse(Buffer.from(text(one, 'data'), 'base64').toString())))
  const named = messages.map((one) => text(one, 'attributes', 'event_id'))
  if (told.some(({ id }, index) => id !== named[index])) return refuse(400, 'the attribute names another event')
  return { status: 200, body: JSON.stringify({ messageIds: told.map(({ id }) => `of-${id}`) }), told }
}

/** A broker of CloudEvents, structured or binary; the attributes must say what the CDEvent in it says. */
function takeAsBroker({ headers, json }: Incoming): Taken {
  const isStructured = headers['content-type'] === 'application/cloudevents+json'
  const attribute = (name: string) => (isStructured ? text(json, name) : String(headers[`ce-${name}`] ?? ''))
  const event = isStructured ? valueAt(json, 'data') : json
  if (attribute('specversion') !== '1.0') return refuse(400, 'no CloudEvent')
  for (const name of ['id', 'source', 'type'] as const) {
    if (attribute(name) !== text(event, 'context', name)) return refuse(400, `${name} is not that of the CDEvent`)
  }
  return { status: 202, told: [toldByCDEvents(event)] }
}

const cdEventsWords: Record<string, string> = {
  'fairlead-rollout.started': 'rolling_out',
  'fairlead-rollout.succeeded': 'success',
  'fairlead-rollout.failed': 'failed',
}

function toldByCDEvents(event: unknown): Told {
  const type = text(event, 'context', 'type').replace(/^dev\.cdevents(?:x)?\.(.+)\.\d+\.\d+\.\d+$/, '$1')
  const content = valueAt(event, 'subject', 'content')
  const artifactTag = decodeURIComponent(text(content, 'artifactId').match(/[?&]tag=([^&]+)/)?.[1] ?? '')
  const service = text(content, 'service', 'id') || text(event, 'subject', 'id')
  return {
    id: text(event, 'context', 'id'),
    workload: service.replace(/^[a-z]+\//, ''),
    version: text(content, 'version') || artifactTag,
    what: cdEventsWords[type] ?? type,
    text: JSON.stringify(event),
  }
}

/** Somebody's own; it believes only what is signed. */
function takeAsWebhook({ headers, text: body, json }: Incoming): Taken {
  const wanted = Buffer.from(`sha256=${createHmac('sha256', webhookSecret).update(body).digest('hex')}`)
  const given = Buffer.from(String(headers['x-signature'] ?? ''))
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return refuse(401, 'not signed with my secret')
  const told = list(valueAt(json, 'events')).map((event) => ({
    id: text(event, 'id'),
    workload: `${text(event, 'workload', 'namespace')}/${text(event, 'workload', 'name')}`,
    version: text(event, 'version', 'current'),
    what: text(event, 'rollout', 'phase'),
    text: JSON.stringify(event),
  }))
  return { status: 204, told }
}

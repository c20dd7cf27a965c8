import { createCDEventsSink } from './adapters/cdevents/sink.ts'
import { createControlPlaneSink } from './adapters/http/control-plane.ts'
import { createWebhookSink } from './adapters/http/webhook.ts'
import { createPubsubSink, type ReadToken } from './adapters/pubsub/sink.ts'
import { createExpiring } from './adapters/registry/cloud/expiring.ts'
import { createGoogleToken, metadataHost } from './adapters/registry/cloud/gcp-token.ts'
import type { CloudEnvironment } from './adapters/registry/cloud/identity.ts'
import { createBotChannel, createWebhookChannel } from './adapters/slack/channel.ts'
import { createSlackSink, type SlackChannel } from './adapters/slack/sink.ts'
import { version } from './config.ts'
import type { PublishersConfig } from './config-publisher.ts'
import type { Config } from './config-schema.ts'
import type { Clock, Http } from './ports.ts'
import type { Sink } from './ports-event.ts'
import type { HttpHost } from './runtime/http.ts'
import { createSecretFile, type MountedFile } from './runtime/mounted-file.ts'
import { createSinkPost, type SinkPost } from './runtime/sink-post.ts'

/** Who is told about phase transitions. */

export interface SinkDeps {
  /** Asks the receivers; see `sinkHosts`. */
  http: Http
  /** Asks token services; see `sinkMetadataHost`. */
  cloudHttp: Http
  clock: Clock
  environment: CloudEnvironment
  /** Told every secret, so that the log can mask it. */
  secretSeen: (secret: string) => void
}

/** The configured sinks. Nothing is read or asked yet. */
export function openSinks({ publishers, cluster }: Config, deps: SinkDeps): Sink[] {
  const { controlPlane, slack, pubsub, cdevents, webhook } = publishers
  const { secretSeen } = deps
  const post = createSinkPost(deps)
  const secret = (path: string | undefined) => (path === undefined ? undefined : createSecretFile(path, secretSeen))
  const sinks: Sink[] = []
  if (controlPlane !== undefined) {
    const settings = { url: controlPlane.url, apiKey: secret(controlPlane.apiKeyFile), cluster: cluster.name }
    sinks.push(createControlPlaneSink({ ...settings, agentVersion: version }, post))
  }
  if (slack !== undefined) sinks.push(createSlackSink(openChannel(slack, post, secretSeen)))
  if (pubsub !== undefined) {
    const settings = { project: pubsub.project, topic: pubsub.topic, endpoint: pubsub.endpoint, agentVersion: version }
    sinks.push(createPubsubSink(settings, { post, readToken: tokenReader(pubsub, deps) }))
  }
  if (cdevents !== undefined) sinks.push(createCDEventsSink(cdevents, post))
  if (webhook !== undefined) {
    sinks.push(createWebhookSink({ url: webhook.url, secret: secret(webhook.secretFile) }, post))
  }
  return sinks
}

/** How the receivers are reached, by host. An emulator of Pub/Sub gets no token, so it may speak plain http. */
export function sinkHosts({ publishers }: Pick<Config, 'publishers'>): Record<string, HttpHost> {
  const { controlPlane, slack, pubsub, cdevents, webhook } = publishers
  const hosts: Record<string, HttpHost> = {}
  for (const one of [controlPlane, cdevents, webhook]) {
    if (one === undefined) continue
    const { insecure, caFile } = one
    hosts[new URL(one.url).host] = { insecure, ...(caFile !== undefined && { caFile }) }
  }
  if (slack !== undefined) hosts[new URL(slack.apiURL).host] = { insecure: slack.insecure }
  if (pubsub !== undefined) hosts[new URL(pubsub.endpoint).host] = { insecure: !isGoogle(pubsub.endpoint) }
  return hosts
}

/** `host:port` of the metadata server, when the token for Pub/Sub comes from there. */
export function sinkMetadataHost(
  { publishers: { pubsub } }: Pick<Config, 'publishers'>,
  { googleApplicationCredentials }: CloudEnvironment,
): string | undefined {
  if (pubsub === undefined || !isGoogle(pubsub.endpoint)) return undefined
  return metadataHost({ credentialsFile: pubsub.credentialsFile }, googleApplicationCredentials)
}

function openChannel(
  { webhookUrlFile, botTokenFile, channel, apiURL }: NonNullable<PublishersConfig['slack']>,
  post: SinkPost,
  secretSeen: (secret: string) => void,
): SlackChannel {
  const file = (path: string): MountedFile<string> => createSecretFile(path, secretSeen)
  if (webhookUrlFile !== undefined) return createWebhookChannel(file(webhookUrlFile), post)
  return createBotChannel({ apiURL, botToken: file(botTokenFile ?? ''), channel: channel ?? '' }, post)
}

function tokenReader(
  { endpoint, credentialsFile }: NonNullable<PublishersConfig['pubsub']>,
  deps: SinkDeps,
): ReadToken {
  if (!isGoogle(endpoint)) return async () => undefined
  const { cloudHttp: http, clock, environment, secretSeen } = deps
  const token = createGoogleToken({ credentialsFile }, { http, clock, environment, secretSeen })
  return createExpiring(clock, () => token.read())
}

/** Only Google's own hosts are shown a token. */
function isGoogle(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint)
  return protocol === 'https:' && hostname.endsWith('.googleapis.com')
}

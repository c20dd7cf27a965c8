import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWebhookChannel } from '../../src/adapters/slack/channel.ts'
import { createSlackSink } from '../../src/adapters/slack/sink.ts'
import { parseConfig } from '../../src/config.ts'
import { openSinks, sinkHosts } from '../../src/main-sinks.ts'
import type { Clock } from '../../src/ports.ts'
import type { Sink } from '../../src/ports-event.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { createSecretFile } from '../../src/runtime/mounted-file.ts'
import { createSinkPost } from '../../src/runtime/sink-post.ts'
import { type EventReceiver, startEventReceiver } from '../fakes/event-receiver.ts'

export const secrets = {
  apiKey: 'api-key-of-the-cluster',
  botToken: 'xoxb-token-of-the-bot',
  signing: 'signing-secret-of-the-webhook',
  webhookPath: '/services/T000/B000/secret-path-of-slack',
} as const

export const sinkKinds = [
  'controlPlane',
  'slack by bot',
  'slack by webhook',
  'pubsub',
  'cdevents structured',
  'cdevents binary',
  'webhook',
] as const

export type SinkKind = (typeof sinkKinds)[number]

/** A sink as the configuration opens it, and what it sends to. */
export interface SinkWorld {
  sink: Sink
  receiver: EventReceiver
  /** Every secret that the log was told of. */
  seen: string[]
  /** Where the sink's secret is read from, if it has one. */
  secretFile: string
  close(): Promise<void>
}

export async function openSinkWorld(kind: SinkKind, clock: Clock): Promise<SinkWorld> {
  const receiver = await startEventReceiver()
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-sink-'))
  const seen: string[] = []
  const secretFile = (secret: string) => {
    const path = join(folder, 'secret')
    writeFileSync(path, `${secret}\n`)
    return path
  }
  const endpoint = { url: `${receiver.url}/base/`, insecure: true }
  const publishers: Record<Exclude<SinkKind, 'slack by webhook'>, () => object> = {
    controlPlane: () => ({ controlPlane: { ...endpoint, apiKeyFile: secretFile(secrets.apiKey) } }),
    'slack by bot': () => ({
      slack: {
        botTokenFile: secretFile(secrets.botToken),
        channel: 'deployments',
        apiURL: `${receiver.url}/api`,
        insecure: true,
      },
    }),
    pubsub: () => ({ pubsub: { project: 'acme-prod', topic: 'rollouts', endpoint: receiver.url } }),
    'cdevents structured': () => ({ cdevents: endpoint }),
    'cdevents binary': () => ({ cdevents: { ...endpoint, format: 'binary' } }),
    webhook: () => ({ webhook: { ...endpoint, secretFile: secretFile(secrets.signing) } }),
  }
  const secretSeen = (secret: string) => seen.push(secret)
  const isSlackWebhook = kind === 'slack by webhook'
  const config = parseConfig('fairlead.yaml', JSON.stringify({ publishers: isSlackWebhook ? {} : publishers[kind]() }))
  const hosts = isSlackWebhook ? () => ({ insecure: true }) : sinkHosts(config)
  const http = createHttp({ clock, hosts })
  // A real webhook is reached by https alone, so this one is put together here.
  const openWebhook = () => {
    const file = createSecretFile(secretFile(receiver.url + secrets.webhookPath), secretSeen)
    return [createSlackSink(createWebhookChannel(file, createSinkPost({ http, clock })))]
  }
  const opened = isSlackWebhook
    ? openWebhook()
    : openSinks(config, { http, cloudHttp: http, clock, environment: {}, secretSeen })
  const [sink] = opened
  if (sink === undefined) throw new Error(`no sink for ${kind}`)
  return {
    sink,
    receiver,
    seen,
    secretFile: join(folder, 'secret'),
    async close() {
      http.close()
      await receiver.close()
      rmSync(folder, { recursive: true })
    },
  }
}

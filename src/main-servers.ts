import { receiverAuth } from './config-receiver.ts'
import type { Config } from './config-schema.ts'
import { normaliseRepositoryUrl } from './core/change/repository-url.ts'
import { orRefusal } from './errors.ts'
import type { Loops } from './main-loops.ts'
import type { AccessReview, Log } from './ports.ts'
import { aborted } from './runtime/abort.ts'
import { systemClock as clock } from './runtime/clock.ts'
import { createHttp, type HttpHost } from './runtime/http.ts'
import type { Leader } from './runtime/leader.ts'
import type { SecretRegistry } from './runtime/log.ts'
import type { Metrics } from './runtime/metrics.ts'
import { createApiRelay } from './server/api/relay.ts'
import { createReviewCache } from './server/api/review-cache.ts'
import { createApiServer } from './server/api/server.ts'
import type { Readiness } from './server/health.ts'
import type { BoundAddress, HttpServer } from './server/http-server.ts'
import { createMetricsServer } from './server/metrics.ts'
import { createWebhookRelay } from './server/webhook/relay.ts'
import { createWebhookServer } from './server/webhook/webhook.ts'

export interface ServersDeps {
  config: Config
  /** About callers of the API. */
  review: AccessReview
  leader: Leader
  loops: Loops
  log: Log
  metrics: Metrics
  secrets: SecretRegistry
  /** Kinds whose first list is not complete yet. */
  waitingFor: () => string[]
}

/** The three inbound servers, listening. */
export interface Servers {
  /** Where, by server. */
  addresses: Record<'webhook' | 'api' | 'metrics', string>
  /** Ends them gracefully when the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** How long requests under way may take after the stop was asked for. */
const stopGraceMs = 5_000

export async function startServers(deps: ServersDeps): Promise<Servers> {
  const { config, log, metrics } = deps
  const ready = (): Readiness => {
    const waitingFor = deps.waitingFor().map((kind) => `first list of ${kind}`)
    return { ready: waitingFor.length === 0, waitingFor }
  }
  const servers = {
    webhook: openWebhook(deps),
    api: openApi(deps),
    metrics: createMetricsServer({ listen: config.listen.metrics, clock, log, metrics, ready }),
  }
  const stopAll = () => Promise.all(Object.values(servers).map((server) => server.stop(stopGraceMs)))
  const addresses = await startAll(servers).catch(async (thrown) => {
    await stopAll()
    throw thrown
  })
  return {
    addresses,
    async run(signal) {
      await aborted(signal)
      await stopAll()
    },
  }
}

async function startAll(servers: Record<'webhook' | 'api' | 'metrics', HttpServer>): Promise<Servers['addresses']> {
  return {
    webhook: render(await servers.webhook.start()),
    api: render(await servers.api.start()),
    metrics: render(await servers.metrics.start()),
  }
}

function openApi({ config, review, leader, loops, log }: ServersDeps): HttpServer {
  const holder = () => leader.holder()?.apiAddress || undefined
  // As with webhooks: plain http, and only to the one that holds the lease.
  const http = createHttp({ clock, hosts: (host) => (host === holder() ? { insecure: true } : undefined) })
  return createApiServer({
    listen: config.listen.api,
    backend: loops.api,
    review: createReviewCache(review, clock),
    isLeader: () => leader.isLeader(),
    relay: createApiRelay({ http, holder }),
    clock,
    log,
  })
}

function openWebhook({ config, leader, loops, log, metrics, secrets }: ServersDeps): HttpServer {
  const holderHost = () => leader.holder()?.address || undefined
  // Between replicas plain http is spoken, and only to the one that holds the lease.
  const http = createHttp({ clock, hosts: (host) => (host === holderHost() ? { insecure: true } : undefined) })
  const relay = createWebhookRelay({
    http,
    holder: () => (holderHost() === undefined ? undefined : `http://${holderHost()}`),
  })
  return createWebhookServer({
    listen: config.listen.webhook,
    clock,
    log,
    receivers: config.webhooks.receivers.map((one) => ({ ...one, auth: receiverAuth(one) })),
    http: createHttp({ clock, hosts: issuerHosts(config) }),
    isLeader: () => leader.isLeader(),
    repository: repositoryFinder(config),
    accept(hints) {
      for (const hint of hints) {
        if ('about' in hint) loops.repositoryNews.changed(hint)
        else loops.images.hinted({ registry: hint.registry, repository: hint.repository }, hint.tag)
      }
    },
    relay,
    metrics: { received: (receiver, code) => metrics.webhookRequests.inc({ receiver, code }) },
    secretSeen: (secret) => secrets.add(secret),
  })
}

/** The configured repository behind an address; GitHub takes names in any case, and senders have their own spelling. */
function repositoryFinder({ git }: Config): (address: string) => string | undefined {
  const names = git.repositories.map(({ url }) => normaliseRepositoryUrl(url))
  return (address) => {
    const name = orRefusal(
      () => normaliseRepositoryUrl(address),
      () => '',
    )
    return names.find((one) => one === name) ?? names.find((one) => one.toLowerCase() === name.toLowerCase())
  }
}

/** The authorities by which the hosts of token issuers are trusted. */
function issuerHosts({ webhooks }: Config): Record<string, HttpHost> {
  const issuers = webhooks.receivers.flatMap(({ oidc }) =>
    oidc?.caFile === undefined ? [] : [[new URL(oidc.keysUrl).host, { caFile: oidc.caFile }] as const],
  )
  return Object.fromEntries(issuers)
}

function render({ host, port }: BoundAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

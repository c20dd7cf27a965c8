import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { resources } from './api/kubernetes.ts'
import { type Environment, loadConfig, readEnvironment, version } from './config.ts'
import { withEmulator } from './config-publisher.ts'
import type { Config } from './config-schema.ts'
import { asFairleadError, FairleadError } from './errors.ts'
import { createLoops } from './main-loops.ts'
import { startServers } from './main-servers.ts'
import { createStores } from './main-stores.ts'
import { connectWorld, requireLeastRights, type World } from './main-world.ts'
import type { Log } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import { runHeartbeat } from './runtime/heartbeat.ts'
import { createLeader, createSoleLeader, type Leader } from './runtime/leader.ts'
import { createLifecycle, type Lifecycle } from './runtime/lifecycle.ts'
import { createLog, createSecretRegistry, type SecretRegistry } from './runtime/log.ts'
import { createMetrics, type Metrics } from './runtime/metrics.ts'

/** What is under way is finished or abandoned within this time; pods get 30 s by default. */
const graceMs = 20_000

/**
 * The `controller` process, from configuration to exit code: connects the adapters, follows the cluster, runs the loops
 * while this replica leads, and stops in order on SIGTERM. Throws `ConfigInvalid` or `TooManyRights` before it starts.
 */
export async function runController(configPath: string | undefined): Promise<number> {
  const environment = readEnvironment()
  const path = configPath ?? environment.configPath
  if (path === undefined) {
    throw new FairleadError('UsageInvalid', 'no configuration: give --config FILE or set FAIRLEAD_CONFIG')
  }
  const written = await loadConfig(path)
  const config = Object.freeze({
    ...written,
    publishers: withEmulator(written.publishers, environment.pubsubEmulator),
  })
  const secrets = createSecretRegistry()
  const log = createLog(config.log.level, secrets)
  const metrics = createMetrics(version)
  const lifecycle = createLifecycle({ clock, log, graceMs })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => lifecycle.stop(signal))
  log.info({ version, node: process.version, mode: config.mode, cluster: config.cluster.name }, 'starting')

  const world = await connectWorld({ config, environment, log, secrets, metrics })
  try {
    return await runIn(world, { config, environment, log, metrics, secrets, lifecycle })
  } finally {
    world.close()
  }
}

interface Process {
  config: Config
  environment: Environment
  log: Log
  metrics: Metrics
  secrets: SecretRegistry
  lifecycle: Lifecycle
}

async function runIn(world: World, parts: Process): Promise<number> {
  const { config, environment, log, metrics, secrets, lifecycle } = parts
  const address = config.advertise || podAddress(config.listen.webhook, environment.podIp)
  const apiAddress = config.advertiseApi || podAddress(config.listen.api, environment.podIp)
  const leader = openLeader({ config, world, log, metrics, address, apiAddress })
  const stores = createStores(world, { config, log, metrics })
  const loops = await createLoops({ config, world, stores, leader, log, metrics })
  const unsynced = () => stores.all().filter((store) => !store.isSynced)
  const waitingFor = () => unsynced().map((store) => store.resource.kind)

  // Ports first: a process that cannot be asked how it is must not take the lease.
  const { review } = world
  const servers = await startServers({ config, review, leader, loops, log, metrics, secrets, waitingFor })
  log.info(servers.addresses, 'listening')
  try {
    await untilAnswered(() => requireRights(world, config, log), { log, signal: lifecycle.stopping })
  } catch (thrown) {
    await servers.run(AbortSignal.abort())
    throw thrown
  }
  if (lifecycle.stopping.aborted) {
    await servers.run(AbortSignal.abort())
    return lifecycle.ended
  }
  // Stopped in reverse: first nothing new comes in, then the work ends, and the lease goes last.
  lifecycle.add('leader', (signal) => leader.run(signal))
  for (const store of stores.all()) lifecycle.add(`watch ${store.resource.kind}`, (signal) => store.run(signal))
  lifecycle.add('loops', (signal) => loops.run(signal))
  lifecycle.add('heartbeat', (signal) => runHeartbeat(world.sinks, { clock, log, isLeader: leader.isLeader, signal }))
  lifecycle.add('servers', servers.run)
  return lifecycle.ended
}

async function requireRights(world: World, config: Config, log: Log): Promise<void> {
  await requireLeastRights(world.cluster, config)
  if ((await world.cluster.discover(resources.updateRequest)) !== undefined) return
  log.error({}, 'the kind UpdateRequest is not installed, so nothing can be decided: kubectl apply -k deploy/crds')
}

/** Asks again while the API server does not answer: ending would make the pod restart, and the engine in it unready. */
async function untilAnswered(
  ask: () => Promise<void>,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  for (let waitMs = 1_000; !signal.aborted; waitMs = Math.min(30_000, waitMs * 2)) {
    try {
      return await ask()
    } catch (thrown) {
      const { kind, code, message } = asFairleadError(thrown)
      if (kind !== 'transient') throw thrown
      log.warn({ code }, `cannot begin yet: ${message}`)
      await clock.sleep(waitMs, signal)
    }
  }
}

/** Where other replicas reach a port of ours; empty when nobody told us our address. */
function podAddress(listen: string, podIp: string | undefined): string {
  if (podIp === undefined) return ''
  const port = listen.slice(listen.lastIndexOf(':') + 1)
  return podIp.includes(':') ? `[${podIp}]:${port}` : `${podIp}:${port}`
}

function openLeader({
  config,
  world,
  log,
  metrics,
  ...addresses
}: {
  config: Config
  world: World
  log: Log
  metrics: Metrics
  address: string
  apiAddress: string
}): Leader {
  const identity = `${hostname()}_${randomUUID()}`
  const { lock } = world
  const leader = config.leaderElection.enabled
    ? createLeader({ lock, identity, ...addresses, clock, log })
    : createSoleLeader(identity)
  metrics.leader.set(0)
  leader.onChange((leading) => metrics.leader.set(leading ? 1 : 0))
  return leader
}

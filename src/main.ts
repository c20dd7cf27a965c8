import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { resources } from './api/kubernetes.ts'
import { loadConfig, readEnvironment, version } from './config.ts'
import type { Config } from './config-schema.ts'
import { FairleadError } from './errors.ts'
import { createLoops } from './main-loops.ts'
import { startServers } from './main-servers.ts'
import { createStores } from './main-stores.ts'
import { connectWorld, requireLeastRights, type World } from './main-world.ts'
import type { Log } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import { createLeader, createSoleLeader, type Leader } from './runtime/leader.ts'
import { createLifecycle } from './runtime/lifecycle.ts'
import { createLog, createSecretRegistry } from './runtime/log.ts'
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
  const config = await loadConfig(path)
  const secrets = createSecretRegistry()
  const log = createLog(config.log.level, secrets)
  const metrics = createMetrics(version)
  const lifecycle = createLifecycle({ clock, log, graceMs })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => lifecycle.stop(signal))
  log.info({ version, node: process.version, mode: config.mode, cluster: config.cluster.name }, 'starting')

  const world = await connectWorld({ config, environment, log, secrets, metrics })
  await requireLeastRights(world.cluster, config)
  if ((await world.cluster.discover(resources.updateRequest)) === undefined) {
    log.error({}, 'the kind UpdateRequest is not installed, so nothing can be decided: kubectl apply -k deploy/crds')
  }
  const leader = openLeader({
    config,
    world,
    log,
    metrics,
    address: config.advertise || podAddress(config, environment.podIp),
  })
  const stores = createStores(world, { config, log, metrics })
  const loops = await createLoops({ config, world, stores, leader, log, metrics })
  const waitingFor = () =>
    stores
      .all()
      .filter((store) => !store.isSynced)
      .map((store) => store.resource.kind)

  // Ports first: a process that cannot be asked how it is must not take the lease.
  const servers = await startServers({ config, leader, loops, log, metrics, secrets, waitingFor })
  log.info(servers.addresses, 'listening')
  // Stopped in reverse: first nothing new comes in, then the work ends, and the lease goes last.
  lifecycle.add('leader', (signal) => leader.run(signal))
  for (const store of stores.all()) lifecycle.add(`watch ${store.resource.kind}`, (signal) => store.run(signal))
  lifecycle.add('loops', (signal) => loops.run(signal))
  lifecycle.add('servers', servers.run)

  const exitCode = await lifecycle.ended
  world.close()
  return exitCode
}

/** Where other replicas reach our webhook port; empty when nobody told us our address. */
function podAddress({ listen }: Config, podIp: string | undefined): string {
  if (podIp === undefined) return ''
  const port = listen.webhook.slice(listen.webhook.lastIndexOf(':') + 1)
  return podIp.includes(':') ? `[${podIp}]:${port}` : `${podIp}:${port}`
}

function openLeader({
  config,
  world,
  log,
  metrics,
  address,
}: {
  config: Config
  world: World
  log: Log
  metrics: Metrics
  address: string | undefined
}): Leader {
  const identity = `${hostname()}_${randomUUID()}`
  const { lock } = world
  const leader = config.leaderElection.enabled
    ? createLeader({ lock, identity, address: address ?? '', clock, log })
    : createSoleLeader(identity)
  metrics.leader.set(0)
  leader.onChange((leading) => metrics.leader.set(leading ? 1 : 0))
  return leader
}

import { hostname } from 'node:os'
import { createAccessReview } from './adapters/kubernetes/access-review.ts'
import { createClient } from './adapters/kubernetes/client.ts'
import { createCluster } from './adapters/kubernetes/cluster.ts'
import { createConnection } from './adapters/kubernetes/connection.ts'
import { createEventRecorder } from './adapters/kubernetes/event.ts'
import { createLeaseLock } from './adapters/kubernetes/lease.ts'
import { createOwnObjects } from './adapters/kubernetes/own-object.ts'
import { metadataHostsOf } from './adapters/registry/credential-choice.ts'
import { httpHostsOf, type RegistryHostSettings } from './adapters/registry/host.ts'
import { createRegistries } from './adapters/registry/registry.ts'
import { type Resource, resources, workloadResources } from './api/kubernetes.ts'
import type { Environment } from './config.ts'
import type { Config } from './config-schema.ts'
import { FairleadError } from './errors.ts'
import { reportMissingFiles } from './main-files.ts'
import { createHosts, hostHttp } from './main-host.ts'
import { notifyHosts, openNotifiers } from './main-notify.ts'
import { gitHosts, type OpenWorldRepository, openRepository } from './main-repository.ts'
import { openSinks, sinkHosts, sinkMetadataHost } from './main-sinks.ts'
import type {
  AccessReview,
  ChartRepository,
  Cluster,
  EventRecorder,
  LeaseLock,
  Log,
  OwnObjects,
  Registry,
} from './ports.ts'
import type { EngineNotifier } from './ports-engine.ts'
import type { Sink } from './ports-event.ts'
import { systemClock as clock } from './runtime/clock.ts'
import { createHttp, type HttpClient, type HttpHost } from './runtime/http.ts'
import type { SecretRegistry } from './runtime/log.ts'
import type { Metrics } from './runtime/metrics.ts'
import { laneConnections } from './runtime/sink-lane.ts'

/** Every outside system, behind its port. */
export interface World {
  http: HttpClient
  /** Where workloads are read and own kinds are kept. */
  cluster: Cluster
  own: OwnObjects
  /** About callers of the API; asked where own kinds are kept. */
  review: AccessReview
  events: EventRecorder
  lock: LeaseLock
  /** Where the GitOps engine's objects are read; usually the same cluster. */
  engine: Cluster
  registry: Registry
  charts: ChartRepository
  repositories: readonly OpenWorldRepository[]
  /** Who is told to look after a push. */
  notifiers: readonly EngineNotifier[]
  /** Who is told about phase transitions. */
  sinks: readonly Sink[]
  close(): void
}

export interface WorldDeps {
  config: Config
  environment: Environment
  log: Log
  secrets: SecretRegistry
  metrics: Metrics
}

/** The label selector of the configuration, for workloads only: other kinds have labels of their own. */
export function workloadSelector({ cluster: { labelSelector } }: Config): (resource: Resource) => string | undefined {
  const isWorkload = ({ group, kind }: Resource) =>
    workloadResources.some((workload) => workload.group === group && workload.kind === kind)
  return (resource) => (labelSelector !== '' && isWorkload(resource) ? labelSelector : undefined)
}

/** Connects the adapters. Nothing is asked from the outside yet but which git backend there is. */
export async function connectWorld({ config, environment, log, secrets, metrics }: WorldDeps): Promise<World> {
  await reportMissingFiles(config, log)
  const registryHosts = config.registries.map(registryHost)
  const hosts = { ...httpHostsOf(registryHosts), ...notifyHosts(config), ...hostHttp(config), ...gitHosts(config) }
  const http = createHttp({ clock, hosts })
  const cloudHttp = createHttp({ clock, hosts: metadataHosts(config, registryHosts, environment) })
  const sinkHttp = createHttp({ clock, hosts: sinkHosts(config), connections: laneConnections })
  const connection = createConnection(config.kubernetes, clock)
  const client = createClient(connection, `fairlead/${config.cluster.name}`)
  const sameEngine = config.engine.kubeconfig === '' && config.engine.context === ''
  const engineConnection = sameEngine ? connection : createConnection(engineAccount(config), clock)
  const engineClient = sameEngine ? client : createClient(engineConnection, `fairlead/${config.cluster.name}`)
  const cluster = createCluster({ client, clock, log, labelSelectorOf: workloadSelector(config) })
  const namespace = leaseNamespace(config, environment, connection.namespace)
  const secretSeen = (secret: string) => secrets.add(secret)
  const openHost = createHosts({ http, log, secretSeen, metrics })
  return {
    http,
    cluster,
    own: createOwnObjects(client),
    review: createAccessReview(client, { audiences: config.api.audiences }),
    events: createEventRecorder({ client, clock, instance: environment.podName ?? hostname() }),
    lock: createLeaseLock(client, { namespace, name: config.leaderElection.leaseName }),
    engine: sameEngine ? cluster : createCluster({ client: engineClient, clock, log }),
    ...createRegistries(
      { hosts: registryHosts, keys: config.keys },
      {
        http,
        clock,
        log,
        secretSeen,
        cloud: { http: cloudHttp, environment: environment.cloud },
        cluster,
        metrics: { requested: (registry, code) => metrics.registryRequests.inc({ registry, code }) },
      },
    ),
    notifiers: openNotifiers(config, { http, secretSeen }),
    repositories: await Promise.all(
      config.git.repositories.map((one) => openRepository(one, { config, http, log, secretSeen, openHost })),
    ),
    sinks: openSinks(config, { http: sinkHttp, cloudHttp, clock, environment: environment.cloud, secretSeen }),
    close() {
      http.close()
      cloudHttp.close()
      sinkHttp.close()
      connection.close()
      engineConnection.close()
    },
  }
}

/** Who may be asked for the pod's identity, though its address is link-local. */
function metadataHosts(
  config: Config,
  registries: readonly RegistryHostSettings[],
  { cloud }: Environment,
): (host: string) => HttpHost | undefined {
  const ofRegistries = metadataHostsOf(registries, cloud)
  const ofSinks = sinkMetadataHost(config, cloud)
  return (host) => (host === ofSinks ? { insecure: true, metadata: true } : ofRegistries(host))
}

/** Where the Lease lies. Outside of a pod nobody says, and a wrong guess would look like missing rights. */
function leaseNamespace({ leaderElection }: Config, environment: Environment, ofAccount: string): string {
  const namespace = leaderElection.namespace || environment.podNamespace || ofAccount
  if (namespace !== '' || !leaderElection.enabled) return namespace
  throw new FairleadError('ConfigInvalid', 'leaderElection.namespace: set it, for this is not a pod; e.g. fairlead')
}

/** Refuses to start with rights that this program must never use; `allowWriteRights` overrides. */
export async function requireLeastRights(cluster: Cluster, config: Config): Promise<void> {
  if (config.allowWriteRights || !(await cluster.may('patch', resources.deployment))) return
  throw new FairleadError(
    'TooManyRights',
    'this account may patch Deployments, which fairlead never does: give it the shipped ClusterRole, ' +
      'or set allowWriteRights: true',
  )
}

function registryHost(host: Config['registries'][number]): RegistryHostSettings {
  const { credentialsFile, caFile, auth, pullSecrets, ...settings } = host
  return {
    ...settings,
    ...(credentialsFile === undefined ? {} : { credentialsFile }),
    ...(caFile === undefined ? {} : { caFile }),
    ...(auth === undefined ? {} : { auth }),
    ...(pullSecrets === undefined ? {} : { pullSecrets }),
  }
}

function engineAccount({ engine, kubernetes }: Config) {
  return { kubeconfig: engine.kubeconfig || kubernetes.kubeconfig, context: engine.context }
}

import { setMaxListeners } from 'node:events'
import { resources } from '../../src/api/kubernetes.ts'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import { parseConfig } from '../../src/config.ts'
import type { PullRequestRules } from '../../src/core/pull-request/rules.ts'
import type { RepositoryRules } from '../../src/delivery/repositories.ts'
import { createLoops, type Loops } from '../../src/main-loops.ts'
import { createStores } from '../../src/main-stores.ts'
import type { EngineNotifier } from '../../src/ports-engine.ts'
import type { Sink } from '../../src/ports-event.ts'
import type { RepositoryHost } from '../../src/ports-repository-host.ts'
import { createSoleLeader, type Leader } from '../../src/runtime/leader.ts'
import { createMetrics, type Metrics } from '../../src/runtime/metrics.ts'
import { createFakeAccessReview } from './access-review.ts'
import { createFakeChartRepository, type FakeChartRepository } from './chart-repository.ts'
import { createFakeCluster, type FakeCluster } from './cluster.ts'
import { createFakeGitRepository, type FakeGitRepository } from './git-repository.ts'
import { createRecordingLog } from './log.ts'
import { createFakeRegistry, type FakeRegistry } from './registry.ts'
import { createFakeRepositoryHost, type FakeRepositoryHost } from './repository-host.ts'

export const gitUrl = 'https://git.example.com/gitops'
const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }

/** Everything outside, in memory, and replicas of fairlead that can be started and killed around it. */
export interface FakeWorld {
  cluster: FakeCluster
  git: FakeGitRepository
  /** What hosts the repository; fairlead knows of it only when it is started so. */
  host: FakeRepositoryHost
  registry: FakeRegistry
  charts: FakeChartRepository
  /** Puts a Deployment in Git and, as Flux would, into the cluster and the inventory. */
  deploy(name: string, image: string, annotations?: Record<string, string>): void
  /** The Kustomization lists this entry too, `<namespace>_<name>_<group>_<kind>`, from the next sync on. */
  own(id: string): void
  /** Annotates the live object only, as `kubectl annotate` does. */
  annotate(name: string, annotations: Record<string, string>): void
  /** Flux applies what the branch holds now. */
  sync(): Promise<void>
  requests(): UpdateRequest[]
  /** Engines that want to be told of a push. */
  notifiers: EngineNotifier[]
  start(config?: string, faults?: Faults, rules?: GivenRules, sinks?: readonly Sink[]): Promise<Replica>
}

/**
 * Rules that differ from the usual ones. The host is known when `withHost` says so, or with the mode pull-request, and
 * makes the commits when it is the signer. Without another one the replica is the leader.
 */
export type GivenRules = Partial<RepositoryRules> & { withHost?: boolean; signer?: 'host'; leader?: Leader }

/** Wraps the named methods of a port, so that effects can fail. */
export type Faults = <T extends object>(port: T, effects: readonly (keyof T & string)[]) => T

/** As the configuration has them without a word about pull requests. */
export const pullRequestRules: PullRequestRules = {
  branchPrefix: 'fairlead/',
  labels: [],
  reviewers: [],
  teamReviewers: [],
  assignees: [],
  draft: false,
  automerge: 'never',
  checks: 'required',
  mergeMethod: 'merge',
  openLimit: 10,
  perHour: 10,
  group: 'none',
}

const noFaults: Faults = (port) => port

export interface Replica {
  loops: Loops
  metrics: Metrics
  log: ReturnType<typeof createRecordingLog>
  /** Resolves when nothing is left to do. */
  quiet(): Promise<void>
  stop(): Promise<void>
}

export const image = (name: string) => ({ registry: 'ghcr.io', repository: `acme/${name}` })
export const digestOf = (text: string) => `sha256:${Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64)}`

export function manifestOf(name: string, reference: string, annotations: Record<string, string>): string {
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"\n`)
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: prod
  annotations:
${lines.join('')}spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: ${name}
          image: ${reference}
`
}

/** With `shared`, another cluster around a repository, a host and a registry that are there already. */
export function createFakeWorld(shared?: Pick<FakeWorld, 'git' | 'host' | 'registry'>): FakeWorld {
  const { deployment, updateRequest, kustomization, gitRepository } = resources
  const cluster = createFakeCluster(Object.values(resources))
  const git = shared?.git ?? createFakeGitRepository(gitUrl)
  const host = shared?.host ?? createFakeRepositoryHost(git)
  const registry = shared?.registry ?? createFakeRegistry()
  const charts = createFakeChartRepository()
  const owned = new Set<string>()
  if (shared === undefined) git.commit('main', { 'README.md': 'gitops\n' }, 'Begin')
  cluster.objects.create(gitRepository, {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'gitops', namespace: 'flux-system' },
    spec: { url: gitUrl, ref: { branch: 'main' } },
  })
  cluster.objects.create(kustomization, {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace: 'flux-system' },
    spec: { path: './apps', sourceRef: { kind: 'GitRepository', name: 'gitops' } },
  })

  const replaceStatus = (resource: typeof kustomization | typeof gitRepository, name: string, status: object) => {
    const object = cluster.objects.get(resource, 'flux-system', name)
    if (object !== undefined) cluster.objects.update(resource, { ...object, status }, 'status')
  }

  const world: FakeWorld = {
    cluster,
    git,
    host,
    registry,
    charts,
    notifiers: [],
    deploy(
      name,
      reference,
      annotations = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' },
    ) {
      const [path, text] = [`apps/${name}.yaml`, manifestOf(name, reference, annotations)]
      if (git.read('main', path) !== text) git.commit('main', { [path]: text }, `Add ${name}`)
      cluster.objects.create(deployment, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace: 'prod', labels: flux, annotations },
        spec: { replicas: 1, template: { spec: { containers: [{ name, image: reference }] } } },
      })
      owned.add(`prod_${name}_apps_Deployment`)
    },
    own: (id) => void owned.add(id),
    annotate(name, annotations) {
      const live = cluster.objects.get(deployment, 'prod', name)
      if (live === undefined) throw new Error(`no Deployment ${name}`)
      const metadata = { ...live.metadata, annotations: { ...live.metadata.annotations, ...annotations } }
      cluster.objects.update(deployment, { ...live, metadata }, 'object')
    },
    async sync() {
      const revision = `main@sha1:${await git.remoteHead('main')}`
      replaceStatus(gitRepository, 'gitops', { artifact: { revision }, observedGeneration: 1 })
      replaceStatus(kustomization, 'apps', {
        observedGeneration: 1,
        lastAttemptedRevision: revision,
        lastAppliedRevision: revision,
        inventory: { entries: [...owned].map((id) => ({ id, v: 'v1' })) },
        conditions: [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', observedGeneration: 1 }],
      })
    },
    requests: () => [...cluster.objects.list(updateRequest)] as UpdateRequest[],
    start: (config = 'mode: commit', faults = noFaults, rules = {}, sinks = []) =>
      startReplica(world, config, { faults, rules, sinks }),
  }
  return world
}

/** The host whose effects can fail. */
function faultyHost(host: FakeRepositoryHost, faults: Faults): RepositoryHost {
  const writes = [
    'open',
    'address',
    'edit',
    'removeLabel',
    'merge',
    'mergeWhenReady',
    'stopMerging',
    'comment',
    'deleteBranch',
  ] as const
  return {
    pullRequests: faults(host.pullRequests, writes),
    outcomes: faults(host.outcomes, ['status', 'deployment']),
    commits: faults(host.commits, ['commit']),
  }
}

async function startReplica(
  world: FakeWorld,
  text: string,
  {
    faults,
    rules: { withHost, signer, leader = createSoleLeader('one'), ...given },
    sinks,
  }: { faults: Faults; rules: GivenRules; sinks: readonly Sink[] },
): Promise<Replica> {
  const config = parseConfig('fairlead.yaml', `${text}\npolling: {enabled: false}`)
  const log = createRecordingLog()
  const metrics = createMetrics('test')
  const { cluster, registry } = world
  const git = faults(world.git, ['store', 'push', 'replace'])
  const rules: RepositoryRules = {
    namespaceAllowed: () => true,
    allowPaths: ['**'],
    requireApproval: undefined,
    mode: undefined,
    suspend: false,
    pullRequest: pullRequestRules,
    ...given,
  }
  const host = (withHost ?? rules.mode === 'pull-request') ? faultyHost(world.host, faults) : undefined
  const ports = {
    cluster: cluster.cluster,
    review: createFakeAccessReview(),
    own: faults(cluster.own, ['create', 'updateStatus', 'delete']),
    events: faults(cluster.events, ['record']),
    engine: cluster.cluster,
    lock: cluster.lease('fairlead', 'fairlead'),
    registry,
    charts: world.charts,
    sinks: sinks.map((sink) => faults(sink, ['send'])),
    repositories: [{ git, rules, host, signer }],
    notifiers: world.notifiers,
    http: { request: () => Promise.reject(new Error('no network here')), close: () => undefined },
    close: () => undefined,
  }
  const stores = createStores({ cluster: cluster.cluster, engine: cluster.cluster }, { config, log, metrics })
  const cancel = new AbortController()
  // One listener per store; the program itself gives each a signal of its own.
  setMaxListeners(100, cancel.signal)
  const loops = await createLoops({ config, world: ports, stores, leader, log, metrics })
  const parts = [loops.run(cancel.signal), ...stores.all().map((store) => store.run(cancel.signal))]
  return {
    loops,
    metrics,
    log,
    async quiet() {
      await Promise.all(stores.all().map((store) => store.synced()))
      const isBusy = async () => (await metrics.workqueueDepth.get()).values.some(({ value }) => value > 0)
      for (let round = 0; round < 3; round++) {
        for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve))
        // The loops rest when they have used up a slice of time, so a slow machine needs more turns. What a test hangs stays.
        for (let turn = 0; turn < 500 && (await isBusy()); turn++) await new Promise((resolve) => setImmediate(resolve))
        await loops.repositories.idle()
      }
    },
    async stop() {
      cancel.abort()
      await Promise.all(parts)
    },
  }
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { leadTimeSegments } from '../core/change/lead-time.ts'
import { inSlices } from './cooperative.ts'
import { createLoopLag } from './loop-lag.ts'
import { createSeries, type Series } from './series.ts'
import { createWaitingTimes, type WaitingTimes } from './waiting.ts'

/** Every metric fairlead exports, each with a bounded set of label values: never a message, an id or a time. */
export interface Metrics {
  /** Series per workload; pre-rendered, because there can be tens of thousands. */
  readonly workloads: Series
  readonly rollouts: Counter<'namespace' | 'kind' | 'outcome'>
  readonly rolloutDuration: Histogram<'kind' | 'outcome'>
  readonly timeToRestore: Histogram
  readonly leadTime: Histogram<'segment'>
  readonly updateRequests: Gauge<'phase'>
  /** Which UpdateRequests wait for somebody or something. */
  readonly waiting: WaitingTimes
  readonly updates: Counter<'result'>
  readonly imagePolicyChecks: Counter<'result'>
  readonly registryRequests: Counter<'registry' | 'code'>
  readonly hostRequests: Counter<'host' | 'code'>
  readonly hostRequestsLeft: Gauge<'host' | 'pool'>
  readonly webhookRequests: Counter<'receiver' | 'code'>
  readonly gitOperations: Counter<'repository' | 'operation' | 'result'>
  readonly gitOperationDuration: Histogram<'repository' | 'operation'>
  readonly gitPendingChanges: Gauge<'repository'>
  readonly syncLag: Histogram<'engine'>
  readonly pullRequests: Gauge<'state'>
  readonly events: Counter<'sink' | 'result'>
  /** Whom a scrape asks how many events wait for each sink, and since when. */
  readEventQueues(read: () => readonly EventQueue[]): void
  readonly watchSynced: Gauge<'kind'>
  readonly watchLastEvent: Gauge<'kind'>
  readonly watchRestarts: Counter<'kind' | 'reason'>
  readonly reconcileDuration: Histogram<'controller'>
  readonly reconcileErrors: Counter<'controller' | 'code'>
  readonly workqueueDepth: Gauge<'controller'>
  /** Sets where the depth of each controller's queue is read from; nothing until then. */
  readWorkqueues(read: () => Readonly<Record<string, { depth: number }>>): void
  readonly leader: Gauge
  readonly contentType: string
  /** The exposition, in pieces, so that no piece blocks the event loop for long. */
  render(): AsyncGenerator<string>
}

/** What waits for one sink. */
export interface EventQueue {
  sink: string
  length: number
  oldestAgeSeconds: number
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
/** From 15 seconds to half an hour. */
const rolloutSeconds = [15, 30, 60, 120, 180, 300, 450, 600, 900, 1200, 1800]
/** From a minute to four weeks. */
const longSeconds = [60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800, 604_800, 1_209_600, 2_419_200]

export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  // Gauges named like counters; what they add up is exported by type beside them.
  for (const kind of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${kind}_total`)

  const gauge = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Gauge({ name: `fairlead_${name}`, help, labelNames, registers })
  const counter = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Counter({ name: `fairlead_${name}`, help, labelNames, registers })
  const histogram = <T extends string>(name: string, help: string, labelNames: T[], buckets = seconds) =>
    new Histogram({ name: `fairlead_${name}`, help, labelNames, registers, buckets })

  gauge('build_info', 'Always 1; the version that runs.', ['version', 'node']).set(
    { version, node: process.version },
    1,
  )
  const workloads = createSeries()
  const lag = createLoopLag()
  new Gauge({
    name: 'fairlead_event_loop_lag_seconds',
    help: 'Longest delay of the event loop since the last scrape.',
    registers,
    collect() {
      this.set(lag.take())
    },
  })

  const leadTime = histogram(
    'lead_time_seconds',
    'How long a version took from the registry to the pods, by part of the way.',
    ['segment'],
    longSeconds,
  )
  // A series that begins with its first event has no increase in it.
  for (const segment of leadTimeSegments) leadTime.zero({ segment })
  const waiting = createWaitingTimes()
  new Gauge({
    name: 'fairlead_update_waiting_timestamp_seconds',
    help: 'Since when the oldest update waits, by what it waits for; absent when none does.',
    labelNames: ['for'],
    registers,
    collect() {
      waiting.collect(this)
    },
  })

  let readEventQueues: () => readonly EventQueue[] = () => []
  const eventQueueGauge = (name: string, help: string, read: (queue: EventQueue) => number) =>
    new Gauge({
      name: `fairlead_${name}`,
      help,
      labelNames: ['sink'],
      registers,
      collect() {
        for (const queue of readEventQueues()) this.set({ sink: queue.sink }, read(queue))
      },
    })
  eventQueueGauge('event_queue_length', 'Events that a sink has still to be told.', ({ length }) => length)
  eventQueueGauge(
    'event_queue_oldest_age_seconds',
    'How long ago the oldest of them happened; 0 when there is none.',
    ({ oldestAgeSeconds }) => oldestAgeSeconds,
  )

  let readWorkqueues: () => Readonly<Record<string, { depth: number }>> = () => ({})

  return {
    workloads,
    events: counter('events_total', 'Events by sink and how their telling went.', ['sink', 'result']),
    readEventQueues(read) {
      readEventQueues = read
    },
    waiting,
    rollouts: counter('rollouts_total', 'Rollouts by how they ended.', ['namespace', 'kind', 'outcome']),
    rolloutDuration: histogram(
      'rollout_duration_seconds',
      'Unpaused time from the new template to the end of its rollout.',
      ['kind', 'outcome'],
      rolloutSeconds,
    ),
    timeToRestore: histogram(
      'time_to_restore_seconds',
      'From a failed rollout to the next one of the workload that succeeds, or its own late success.',
      [],
      longSeconds,
    ),
    leadTime,
    updateRequests: gauge('update_requests', 'UpdateRequests by phase.', ['phase']),
    updates: counter('updates_total', 'Image updates by how they ended.', ['result']),
    imagePolicyChecks: counter('image_policy_checks_total', 'Policy decisions by reason.', ['result']),
    registryRequests: counter('registry_requests_total', 'Requests to registries by HTTP status.', [
      'registry',
      'code',
    ]),
    hostRequests: counter('host_requests_total', 'Requests to hosts of repositories by HTTP status.', ['host', 'code']),
    hostRequestsLeft: gauge('host_requests_left', 'Requests until the limit of a host, when it last told.', [
      'host',
      'pool',
    ]),
    webhookRequests: counter('webhook_requests_total', 'Webhook requests by HTTP status.', ['receiver', 'code']),
    gitOperations: counter('git_operations_total', 'Git operations by result.', ['repository', 'operation', 'result']),
    gitOperationDuration: histogram('git_operation_duration_seconds', 'How long Git operations took.', [
      'repository',
      'operation',
    ]),
    gitPendingChanges: gauge('git_pending_changes', 'Changes that wait to be pushed.', ['repository']),
    syncLag: histogram('sync_lag_seconds', 'From the push to the engine having applied it.', ['engine']),
    pullRequests: gauge('pull_requests', 'Open pull requests of ours, by state.', ['state']),
    watchSynced: gauge('watch_synced', 'Whether the first list of a kind is complete.', ['kind']),
    watchLastEvent: gauge('watch_last_event_timestamp_seconds', 'When the API server last spoke about a kind.', [
      'kind',
    ]),
    watchRestarts: counter('watch_restarts_total', 'Restarts of lists and watches.', ['kind', 'reason']),
    reconcileDuration: histogram('reconcile_duration_seconds', 'How long one pass over one key took.', ['controller']),
    reconcileErrors: counter('reconcile_errors_total', 'Failed passes by error code.', ['controller', 'code']),
    workqueueDepth: new Gauge({
      name: 'fairlead_workqueue_depth',
      help: 'Keys ready or being worked on.',
      labelNames: ['controller'],
      registers,
      collect() {
        for (const [controller, { depth }] of Object.entries(readWorkqueues())) this.set({ controller }, depth)
      },
    }),
    readWorkqueues(read) {
      readWorkqueues = read
    },
    leader: gauge('leader', '1 while this replica holds the lease.', []),
    contentType: registry.contentType,
    async *render() {
      yield await registry.metrics()
      yield* inSlices(workloads.render())
    },
  }
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { objectKey } from './api/kubernetes.ts'
import { targetOf } from './api/update-request.ts'
import { updateRule } from './config-rule.ts'
import type { Config } from './config-schema.ts'
import { createImageUpdateController } from './controllers/image-update/controller.ts'
import { createTagSource } from './controllers/image-update/tags.ts'
import { createImageWatch, type ImageWatch } from './controllers/image-update/watch.ts'
import { createUpdateRequestController } from './controllers/update-request/controller.ts'
import { readSituation } from './controllers/update-request/situation.ts'
import { createWorkloadController } from './controllers/workload/controller.ts'
import { normaliseRepositoryUrl } from './core/change/repository-url.ts'
import { createBranchReader } from './delivery/branch-reader.ts'
import { createDeliveryQueue } from './delivery/delivery.ts'
import { createExplanations } from './delivery/explanation.ts'
import { createRepositories, type Repositories } from './delivery/repositories.ts'
import { asFairleadError, FairleadError } from './errors.ts'
import type { Stores } from './main-stores.ts'
import { wake } from './main-wake.ts'
import type { World } from './main-world.ts'
import type { EventRecorder, Log, OwnObjects } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { Leader } from './runtime/leader.ts'
import { type Controller, runLoop } from './runtime/loop.ts'
import type { Metrics } from './runtime/metrics.ts'
import { createQueue, type WorkQueue } from './runtime/queue.ts'

export interface LoopsDeps {
  config: Config
  world: World
  stores: Stores
  leader: Leader
  log: Log
  metrics: Metrics
}

/** The controllers, wired to what wakes them. */
export interface Loops {
  images: ImageWatch
  repositories: Repositories
  /** Runs all loops until the signal aborts; what is under way is finished. */
  run(signal: AbortSignal): Promise<void>
}

/** Keys worked on at once, per controller. */
const workers = { workload: 1, 'image-update': 4, 'update-request': 16 } as const

export async function createLoops(deps: LoopsDeps): Promise<Loops> {
  const { config, world, stores, leader, log, metrics } = deps
  const template = await readTemplate(config, 'commit.txt')
  const random = Math.random
  const isLeader = () => leader.isLeader()
  const repositories = openQueues(deps, random)
  const rules = config.updates.rules.map(updateRule)
  const own = fenced(world.own, leader)
  const events = quiet(world.events, leader, log)
  const tags = createTagSource(world.registry)
  const queues = {
    workload: createQueue({ clock, random }),
    'image-update': createQueue({ clock, random }),
    'update-request': createQueue({ clock, random }),
  }
  const { mode } = config
  const stopped = new AbortController()
  const images = createImageWatch({
    queue: queues['image-update'],
    tags,
    rules,
    mode,
    intervalMs: config.polling.interval,
    isLeader,
    clock,
    random,
    stopped: stopped.signal,
    log,
  })
  const destinations = { kustomizations: stores.kustomizations, sources: stores.sources, repositories }
  const readBranch = createBranchReader()
  const explanations = createExplanations()
  const known = { rules, mode, readBranch, workload: (key: string) => stores.workload(key) }
  const imageUpdate = createImageUpdateController({
    ...destinations,
    ...known,
    tags,
    registry: world.registry,
    clock,
    requests: {
      get: (key) => stores.requests.get(key),
      byTarget: (target) => stores.requests.byIndex('target', target),
    },
    own,
    events,
    expiryMs: config.approvals.expiry,
    isLeader,
    explain({ metadata }, decision) {
      if (decision.kind !== 'update') return
      const { counts, candidates } = decision.verdicts
      explanations.put(`${metadata.namespace}/${metadata.name}`, { verdicts: { ...counts }, candidates })
    },
    log,
    metrics,
  })
  const updateRequest = createUpdateRequestController({
    request: (key) => stores.requests.get(key),
    siblings: (request) => stores.requests.byIndex('target', targetOf(request)),
    explanation: ({ metadata }) => explanations.get(`${metadata.namespace}/${metadata.name}`),
    situation: (request) => readSituation(request, { ...destinations, ...known, suspend: config.suspend }),
    own,
    events,
    isLeader,
    words: { template, cluster: config.cluster.name },
    clock,
    log,
    metrics,
  })
  const workload = createWorkloadController({
    workload: (key) => stores.workload(key),
    deadlineMs: config.rollouts.deadline,
    clock,
    log,
    metrics,
  })
  wake(deps, queues, images)
  return {
    images,
    repositories,
    async run(signal) {
      const loop = <O, D, P, V>(controller: Controller<O, D, P, V>, queue: WorkQueue, count: number) =>
        Array.from({ length: count }, () => runLoop(controller, { queue, clock, log, metrics }))
      const stop = () => {
        stopped.abort()
        for (const queue of Object.values(queues)) queue.close()
      }
      signal.addEventListener('abort', stop, { once: true })
      const tracking = loop(workload, queues.workload, workers.workload)
      // Nothing is decided from half a picture: an owner that is not listed yet would look like a missing one.
      await Promise.race([Promise.all(stores.all().map((store) => store.synced())), ended(signal)])
      await Promise.all([
        ...tracking,
        ...loop(imageUpdate, queues['image-update'], workers['image-update']),
        ...loop(updateRequest, queues['update-request'], workers['update-request']),
        ...(config.polling.enabled ? [images.poll(signal)] : []),
      ])
      await repositories.idle()
    },
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function openQueues({ config, world, leader, log, metrics }: LoopsDeps, random: () => number): Repositories {
  const signers = new Map(world.repositories.map(({ git, signer }) => [git, signer]))
  const { author } = config.git
  return createRepositories(world.repositories, (git, branch) =>
    createDeliveryQueue({
      repository: git,
      name: normaliseRepositoryUrl(git.url),
      branch,
      authorship: { author, committer: author, signer: signers.get(git) },
      fence: () => leader.fence(),
      clock,
      random,
      log,
      metrics,
    }),
  )
}

/** Every write to the cluster asks first whether this replica may write. */
function fenced(own: OwnObjects, leader: Leader): OwnObjects {
  const guard = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      leader.fence()
      return call(...args)
    }
  }
  return { create: guard(own.create), updateStatus: guard(own.updateStatus), delete: guard(own.delete) }
}

/** Events are for people: one that cannot be written is logged and never stops the work it is about. */
function quiet(events: EventRecorder, leader: Leader, log: Log): EventRecorder {
  return {
    async record(about, event) {
      try {
        leader.fence()
        await events.record(about, event)
      } catch (thrown) {
        const { code, message } = asFairleadError(thrown)
        log.warn({ code, object: objectKey(about), reason: event.reason }, `event not written: ${message}`)
      }
    },
  }
}

/** A template of the user, or the built-in one of the same name. */
async function readTemplate({ templatesDir }: Config, name: string): Promise<string> {
  const builtIn = new URL(`../templates/${name}`, import.meta.url)
  try {
    if (templatesDir !== '') return await readFile(join(templatesDir, name), 'utf8')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) {
      throw new FairleadError('ConfigInvalid', `templatesDir: ${join(templatesDir, name)} cannot be read`, { cause })
    }
  }
  return readFile(builtIn, 'utf8')
}

import { setMaxListeners } from 'node:events'
import { updateRule, updateWindow } from './config-rule.ts'
import type { Config } from './config-schema.ts'
import { createImageWatch, type ImageWatch } from './controllers/image-update/watch.ts'
import { createMemory } from './controllers/pull-request/memory.ts'
import { createPullRequestWatch, type PullRequestWatch } from './controllers/pull-request/watch.ts'
import { normaliseRepositoryUrl } from './core/change/repository-url.ts'
import type { Authorship } from './delivery/batch.ts'
import { createDeliveryQueue } from './delivery/delivery.ts'
import { createNudge, type Nudge } from './delivery/nudge.ts'
import { putProposal } from './delivery/proposal-branch.ts'
import { createProposals, readProposalKey } from './delivery/proposals.ts'
import { createRepositories, type Repositories } from './delivery/repositories.ts'
import { createBranches } from './delivery/trace/branch-reader.ts'
import { type Controllers, createControllers } from './main-controllers.ts'
import { createRecorder } from './main-recorder.ts'
import type { Stores } from './main-stores.ts'
import { readTemplates } from './main-templates.ts'
import { type Queues, wake } from './main-wake.ts'
import { createRepositoryWatch, type RepositoryWatch } from './main-wake-repository.ts'
import type { World } from './main-world.ts'
import type { GitRepository, Log } from './ports.ts'
import { aborted } from './runtime/abort.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { Leader } from './runtime/leader.ts'
import { type Controller, runLoop } from './runtime/loop.ts'
import type { Metrics } from './runtime/metrics.ts'
import { createQueue, type WorkQueue } from './runtime/queue.ts'
import { createRolloutStates } from './runtime/rollout-states.ts'
import { createTagSource } from './runtime/tag-source.ts'
import { createVersionList } from './runtime/version-list.ts'
import type { ApiBackend } from './server/api/backend.ts'

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
  pullRequests: PullRequestWatch
  /** Told what happened in them. */
  repositoryNews: RepositoryWatch
  /** What the API shows and does. */
  api: ApiBackend
  /** Runs all loops until the signal aborts; what is under way is finished. */
  run(signal: AbortSignal): Promise<void>
}

/** Keys worked on at once, per controller. Workloads are quick but for those whose pods have to be asked. */
const workers = {
  workload: 4,
  'rollout-record': 16,
  'image-update': 4,
  'update-request': 16,
  'pull-request': 8,
  outcome: 4,
  removal: 2,
  rollback: 2,
} as const

/** People who merge expect an answer sooner than those who push images. */
const pullRequestIntervalMs = 60_000
/** Updates come in bursts, and every time that a pull request is rendered anew its checks begin anew. */
const gatherMs = 10_000

/** How long a pull request that several requests share waits for more of them. */
function gatherMsOf(key: string, repositories: Repositories): number {
  const { rules } = repositories.find(readProposalKey(key).repository)
  return rules.pullRequest.group === 'none' ? 0 : gatherMs
}

/** The controllers with their queues, wired to what wakes them. */
export async function createLoops(deps: LoopsDeps): Promise<Loops> {
  const { config, world, stores, leader, log, metrics } = deps
  const random = Math.random
  const rules = config.updates.rules.map(updateRule)
  const windows = config.windows.map(updateWindow)
  const stopped = new AbortController()
  // Every image with an open hint waits for it; Node takes more than ten for a leak.
  setMaxListeners(0, stopped.signal)
  const nudge = createNudge({ notifiers: world.notifiers, clock, log, stopped: stopped.signal })
  const repositories = openQueues({ ...deps, nudge }, random)
  const branches = createBranches()
  const tags = createTagSource(createVersionList(world.registry, world.charts))
  const templates = await readTemplates(config)
  const rollouts = createRolloutStates()
  const queues: Queues = {
    workload: createQueue({ clock, random }),
    'rollout-record': createQueue({ clock, random }),
    'image-update': createQueue({ clock, random }),
    'update-request': createQueue({ clock, random }),
    'pull-request': createQueue({ clock, random }),
    outcome: createQueue({ clock, random }),
    rollback: createQueue({ clock, random }),
    removal: createQueue({ clock, random }),
  }
  metrics.readWorkqueues(() => queues)
  const proposals = createProposals({
    wakeProposal: (key) => queues['pull-request'].add(key, { afterMs: gatherMsOf(key, repositories) }),
    wakeRequest: (key) => queues['update-request'].add(key),
  })
  const memory = createMemory()
  const recorder = createRecorder({ ...deps, rollouts, queue: queues['rollout-record'] })
  const controllers = createControllers({
    ...deps,
    repositories,
    branches,
    rules,
    windows,
    tags,
    templates,
    proposals,
    memory,
    rollouts,
    nudge,
    recorder,
  })
  const images = createImageWatch({
    queue: queues['image-update'],
    tags,
    rules,
    mode: config.mode,
    intervalMs: config.polling.interval,
    isLeader: () => leader.isLeader(),
    clock,
    random,
    stopped: stopped.signal,
    log,
  })
  const pullRequests = createPullRequestWatch({
    queue: queues['pull-request'],
    memory,
    repositories: repositories.all(),
    intervalMs: Math.min(config.polling.interval, pullRequestIntervalMs),
    isLeader: () => leader.isLeader(),
    clock,
    log,
    metrics,
  })
  wake({ ...deps, rollouts, recorder }, queues, images)
  return {
    images,
    repositories,
    pullRequests,
    repositoryNews: createRepositoryWatch({
      stores,
      branches,
      images,
      requests: queues['update-request'],
      pullRequests,
    }),
    api: controllers.api,
    async run(signal) {
      const stop = () => {
        stopped.abort()
        for (const queue of Object.values(queues)) queue.close()
      }
      signal.addEventListener('abort', stop, { once: true })
      await Promise.all([
        runControllers(controllers, queues, deps, signal),
        recorder.run(signal),
        ...(config.polling.enabled ? [images.poll(signal), pullRequests.poll(signal)] : []),
      ])
      await repositories.idle()
    },
  }
}

async function runControllers(
  controllers: Controllers,
  queues: Queues,
  { stores, log, metrics }: LoopsDeps,
  signal: AbortSignal,
): Promise<void> {
  const run = <O, D, P, V>(controller: Controller<O, D, P, V>, queue: WorkQueue, count: number) =>
    Promise.all(Array.from({ length: count }, () => runLoop(controller, { queue, clock, log, metrics })))
  // What an earlier life has kept must be there, or everything would look as if it were seen for the first time.
  const tracking = Promise.race([stores.rolloutRecords.synced(), aborted(signal)]).then(() =>
    Promise.all([
      run(controllers.workload, queues.workload, workers.workload),
      run(controllers.rolloutRecord, queues['rollout-record'], workers['rollout-record']),
    ]),
  )
  // Nothing is decided from half a picture: an owner that is not listed yet would look like a missing one.
  await Promise.race([Promise.all(stores.all().map((store) => store.synced())), aborted(signal)])
  await Promise.all([
    tracking,
    run(controllers.imageUpdate, queues['image-update'], workers['image-update']),
    run(controllers.updateRequest, queues['update-request'], workers['update-request']),
    run(controllers.pullRequest, queues['pull-request'], workers['pull-request']),
    run(controllers.outcome, queues.outcome, workers.outcome),
    run(controllers.rollback, queues.rollback, workers.rollback),
    run(controllers.removal, queues.removal, workers.removal),
  ])
}

function openQueues(
  { config, world, leader, log, metrics, nudge }: LoopsDeps & { nudge: Nudge },
  random: () => number,
): Repositories {
  const { author } = config.git
  const authorshipOf = (git: GitRepository): Authorship => {
    const found = world.repositories.find((one) => one.git === git)
    const idents = { author, committer: author }
    return found?.signer === 'host'
      ? { ...idents, signer: undefined, hosted: found.host }
      : { ...idents, signer: found?.signer }
  }
  const depsOf = (git: GitRepository) => ({
    repository: git,
    name: normaliseRepositoryUrl(git.url),
    authorship: authorshipOf(git),
    fence: () => leader.fence(),
    clock,
    random,
    log,
    metrics,
  })
  return createRepositories(world.repositories, {
    queue: (git, branch) => createDeliveryQueue({ ...depsOf(git), branch, moved: nudge.moved }),
    propose: (git, proposal) => putProposal(proposal, depsOf(git)),
  })
}

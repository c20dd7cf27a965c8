import type { Config } from './config-schema.ts'
import { createImageUpdateController } from './controllers/image-update/controller.ts'
import { createUpdateRequestController } from './controllers/update-request/controller.ts'
import { readSituation } from './controllers/update-request/situation.ts'
import { createWorkloadController } from './controllers/workload/controller.ts'
import type { UpdateRule } from './core/image/settings.ts'
import { createBranchReader } from './delivery/branch-reader.ts'
import { createExplanations } from './delivery/explanation.ts'
import type { Repositories } from './delivery/repositories.ts'
import { fenced, quiet } from './main-guard.ts'
import { type Stores, siblingsOf } from './main-stores.ts'
import type { World } from './main-world.ts'
import type { Log } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { Leader } from './runtime/leader.ts'
import type { Metrics } from './runtime/metrics.ts'
import type { TagSource } from './runtime/tag-source.ts'

export interface ControllersDeps {
  config: Config
  world: World
  stores: Stores
  leader: Leader
  log: Log
  metrics: Metrics
  repositories: Repositories
  rules: readonly UpdateRule[]
  tags: TagSource
  /** Of commit messages. */
  template: string
}

/** The three controllers over the real world. */
export type Controllers = ReturnType<typeof createControllers>

export function createControllers(deps: ControllersDeps) {
  const { config, world, stores, leader, log, metrics } = deps
  const explanations = createExplanations()
  const shared = {
    engine: stores.engine,
    repositories: deps.repositories,
    rules: deps.rules,
    mode: config.mode,
    readBranch: createBranchReader(),
    workload: (key: string) => stores.workload(key),
    own: fenced(world.own, leader),
    events: quiet(world.events, leader, log),
    isLeader: () => leader.isLeader(),
    clock,
    log,
    metrics,
  }
  return {
    imageUpdate: createImageUpdateController({
      ...shared,
      tags: deps.tags,
      registry: world.registry,
      requests: {
        get: (key) => stores.requests.get(key),
        siblings: (key) => stores.requests.byIndex('siblings', key),
      },
      expiryMs: config.approvals.expiry,
      explain({ metadata }, decision) {
        if (decision.kind !== 'update') return
        const { counts, candidates } = decision.verdicts
        explanations.put(`${metadata.namespace}/${metadata.name}`, { verdicts: { ...counts }, candidates })
      },
    }),
    updateRequest: createUpdateRequestController({
      ...shared,
      shown: (key) => stores.requests.get(key),
      siblings: (request) => siblingsOf(request, stores),
      tags: deps.tags,
      registry: world.registry,
      explanation: ({ metadata }) => explanations.get(`${metadata.namespace}/${metadata.name}`),
      situation: (request) => readSituation(request, { ...shared, suspend: config.suspend }),
      words: { template: deps.template, cluster: config.cluster.name },
    }),
    workload: createWorkloadController({ ...shared, deadlineMs: config.rollouts.deadline }),
  }
}

import { isAboutChart, type UpdateRequest } from './api/update-request.ts'
import type { Config } from './config-schema.ts'
import { createHoldsByPerson } from './controllers/hold/by-person.ts'
import { createImageUpdateController } from './controllers/image-update/controller.ts'
import type { ContainerDecision } from './controllers/image-update/decide.ts'
import { createOutcomeTeller } from './controllers/outcome/controller.ts'
import type { Memory } from './controllers/pull-request/memory.ts'
import { createRollbacksByPerson } from './controllers/rollback/by-person.ts'
import { requireFailure } from './controllers/rollback/claim.ts'
import { requireFailedChart } from './controllers/rollback/claim-chart.ts'
import { createRollbackController } from './controllers/rollback/controller.ts'
import { rollbackGates } from './controllers/rollback/explain.ts'
import { createStallWatch } from './controllers/rollback/stall.ts'
import { createChangeSources } from './controllers/update-request/change-source.ts'
import { createUpdateRequestController } from './controllers/update-request/controller.ts'
import { readSituation } from './controllers/update-request/situation.ts'
import { createCauses } from './controllers/workload/cause.ts'
import { createWorkloadController } from './controllers/workload/controller.ts'
import type { Templates } from './core/change/template-place.ts'
import type { UpdateWindow } from './core/change/window.ts'
import type { UpdateRule } from './core/image/rule.ts'
import { engineFailureOf, releaseFailureOf } from './core/manifest/failed-release.ts'
import { breakerWait } from './core/rollback/breaker.ts'
import type { Workload } from './core/workload/workload.ts'
import { createExplanations } from './delivery/choice/explanation.ts'
import type { OtherWriters } from './delivery/choice/image-policy.ts'
import { createPlatformCheck } from './delivery/choice/platform-check.ts'
import { createQuarantineReader } from './delivery/choice/quarantine.ts'
import { createSignatureCheck } from './delivery/choice/signature-check.ts'
import { createSlotHistory } from './delivery/choice/slot-history.ts'
import type { Nudge } from './delivery/nudge.ts'
import type { Proposals } from './delivery/proposals.ts'
import type { Repositories } from './delivery/repositories.ts'
import type { Branches } from './delivery/trace/branch-reader.ts'
import { createApiBackend } from './main-api.ts'
import { fenced, quiet } from './main-guard.ts'
import { createPullRequests } from './main-pull-requests.ts'
import type { Recorder } from './main-recorder.ts'
import { type Stores, siblingsOf } from './main-stores.ts'
import type { World } from './main-world.ts'
import type { Log } from './ports.ts'
import { createBuildDateSource } from './runtime/build-date-source.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { Leader } from './runtime/leader.ts'
import { createManifestSource } from './runtime/manifest-source.ts'
import type { Metrics } from './runtime/metrics.ts'
import type { RolloutStates } from './runtime/rollout-states.ts'
import type { TagSource } from './runtime/tag-source.ts'

export interface ControllersDeps {
  config: Config
  world: World
  stores: Stores
  leader: Leader
  log: Log
  metrics: Metrics
  repositories: Repositories
  branches: Branches
  rules: readonly UpdateRule[]
  windows: readonly UpdateWindow[]
  tags: TagSource
  proposals: Proposals
  memory: Memory
  rollouts: RolloutStates
  recorder: Recorder
  templates: Templates
  nudge: Nudge
}

/** The controllers over the real world, and what the API asks of them. */
export type Controllers = ReturnType<typeof createControllers>

export function createControllers(deps: ControllersDeps) {
  const { config, world, stores, leader, log, metrics } = deps
  const explanations = createExplanations()
  const manifests = createManifestSource(world.registry)
  const history = createSlotHistory()
  const shared = {
    engine: stores.engine.objects,
    alongside: stores.alongside,
    repositories: deps.repositories,
    rules: deps.rules,
    windows: deps.windows,
    keys: config.keys.map(({ name }) => name),
    mode: config.mode,
    readBranch: deps.branches.read,
    workload: (key: string) => stores.subject(key),
    chartSources: stores.engine.chartSources,
    own: fenced(world.own, leader),
    events: quiet(world.events, leader, log),
    isLeader: () => leader.isLeader(),
    tags: deps.tags,
    registry: world.registry,
    manifests,
    otherWriters: {
      policy: (key) => stores.engine.imagePolicies.get(key),
      automations: () => stores.engine.imageAutomations.values(),
      source: (key) => stores.engine.sources.get(key),
      application: (key) => stores.engine.applications.get(key),
      imageUpdaters: () => stores.engine.imageUpdaters.values(),
    } satisfies OtherWriters,
    buildDates: createBuildDateSource(world.registry, clock),
    quarantine: createQuarantineReader(history),
    history,
    checks: [createPlatformCheck(manifests), createSignatureCheck(world.registry)],
    rollouts: deps.rollouts,
    liveWorkload: stores.workload,
    ownedBy: stores.ownedBy,
    failedRelease: (workload: Workload) => releaseFailureOf(workload, stores.engine.objects),
    clock,
    log,
    metrics,
  }
  const requests = {
    get: (key: string) => stores.requests.get(key),
    siblings: (key: string) => stores.requests.byIndex('siblings', key),
    ofWorkload: (key: string) => stores.requests.byIndex('workload', key),
  }
  const imageUpdate = {
    ...shared,
    requests,
    expiryMs: config.approvals.expiry,
    explain({ metadata }: UpdateRequest, decision: ContainerDecision) {
      if (decision.kind !== 'update') return
      const { counts, candidates } = decision.verdicts
      explanations.put(`${metadata.namespace}/${metadata.name}`, { verdicts: { ...counts }, candidates })
    },
  }
  const { suspend, rollback } = config
  const situation = (request: UpdateRequest) => readSituation(request, { ...shared, suspend, rollback })
  const updateRequest = {
    ...shared,
    proposals: deps.proposals,
    siblings: (request: UpdateRequest) => siblingsOf(request, stores),
    async requireFailure(request: UpdateRequest) {
      if (isAboutChart(request)) requireFailedChart(request, { ...shared, requests })
      else await requireFailure(request, { ...shared, cluster: world.cluster, requests })
    },
    fourEyes: config.approvals.fourEyes,
    moved: deps.nudge.moved,
    breaker: (request: UpdateRequest, now: Date) =>
      breakerWait(request, { all: stores.requests.values(), perHour: config.rollback.perHour, now }),
    situation,
    words: { template: deps.templates['commit.txt'], cluster: config.cluster.name },
  }
  const rollbacks = {
    ...shared,
    situation,
    cluster: world.cluster,
    onFailure: rollback.onFailure,
    requests,
    stall: createStallWatch(clock),
  }
  const requestsAt = (repository: string, branch: string) =>
    stores.requests.byIndex('branch', `${repository} ${branch}`)
  return {
    imageUpdate: createImageUpdateController(imageUpdate),
    updateRequest: createUpdateRequestController({
      ...updateRequest,
      shown: (key) => stores.requests.get(key),
      explanation: ({ metadata }) => explanations.get(`${metadata.namespace}/${metadata.name}`),
    }),
    pullRequest: createPullRequests({
      ...updateRequest,
      requestsAt,
      suspend,
      changeSource: createChangeSources(manifests, world.registry),
      config,
      leader,
      memory: deps.memory,
      templates: deps.templates,
    }),
    outcome: createOutcomeTeller({
      ...shared,
      shown: (key) => stores.requests.get(key),
      requestsAt,
      siblings: updateRequest.siblings,
      cluster: config.cluster.name,
      template: deps.templates['comment.md'],
      fence: () => leader.fence(),
    }),
    rollback: createRollbackController(rollbacks),
    workload: createWorkloadController({
      ...shared,
      workload: stores.workload,
      engineFailure: (workload, owner) => engineFailureOf(workload, owner, stores.engine.objects),
      deadlineMs: config.rollouts.deadline,
      requestsOf: (key) => stores.requests.byIndex('workload', key),
      causes: createCauses({ cluster: world.cluster, clock, log }),
      records: deps.recorder.records,
      record: deps.recorder.record,
    }),
    rolloutRecord: deps.recorder.controller,
    removal: deps.recorder.removal,
    api: createApiBackend({
      ...updateRequest,
      stores,
      config,
      cluster: world.cluster,
      rollbacks: createRollbacksByPerson(rollbacks),
      holds: createHoldsByPerson({ ...rollbacks, words: updateRequest.words, suspend }),
      rollbackGates: (key) => rollbackGates(key, rollbacks),
      imageUpdate: createImageUpdateController({ ...imageUpdate, isLeader: () => true }),
    }),
  }
}

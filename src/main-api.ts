import { resources } from './api/kubernetes.ts'
import type { UpdateRequest } from './api/update-request.ts'
import type { HoldsByPerson } from './controllers/hold/by-person.ts'
import type { RollbacksByPerson } from './controllers/rollback/by-person.ts'
import { type ApprovalsDeps, createApprovals } from './controllers/update-request/approve.ts'
import { type PreviewDeps, previewRequest } from './controllers/update-request/preview.ts'
import { type CommitWayDeps, findCommits, findCommitWays } from './delivery/trace/commit-way.ts'
import { type ExplainDeps, explainWorkload } from './main-explain.ts'
import type { Stores } from './main-stores.ts'
import type { RolloutStates } from './runtime/rollout-states.ts'
import type { ApiBackend } from './server/api/backend.ts'

export interface ApiBackendDeps extends ApprovalsDeps, PreviewDeps, ExplainDeps, CommitWayDeps {
  stores: Stores
  rollouts: RolloutStates
  rollbacks: RollbacksByPerson
  holds: HoldsByPerson
}

/** What the API asks of the controllers: the same questions and the same answers, for people. */
export function createApiBackend(deps: ApiBackendDeps): ApiBackend {
  const { stores, cluster } = deps
  return {
    ...createApprovals(deps),
    ...deps.rollbacks,
    ...deps.holds,
    list: () => (stores.requests.isSynced ? stores.requests.values() : undefined),
    workloads() {
      if (!stores.workloads.every((store) => store.isSynced)) return undefined
      return stores.workloads.flatMap((store) => [...store.values()])
    },
    rollout: (key) => deps.rollouts.get(key)?.state,
    requestsOf: (key) => stores.requests.byIndex('workload', key),
    async read(namespace, name) {
      return (await cluster.get(resources.updateRequest, namespace, name)) as UpdateRequest | undefined
    },
    plan: (request) => previewRequest(request, deps),
    commitWays: (commit, workloads) => findCommitWays(workloads, { commit, now: deps.clock.now() }, deps),
    commits: (prefix, workloads) => findCommits(prefix, workloads, deps),
    explain: (key, container) => explainWorkload(key, container, deps),
  }
}

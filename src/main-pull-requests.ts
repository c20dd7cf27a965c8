import type { Config } from './config-schema.ts'
import { createContentReader } from './controllers/pull-request/content.ts'
import { createPullRequestController } from './controllers/pull-request/controller.ts'
import type { Memory } from './controllers/pull-request/memory.ts'
import { type GroupDeps, readGroup } from './controllers/update-request/group.ts'
import { groupOf } from './core/pull-request/group.ts'
import { writeMark } from './core/pull-request/mark.ts'
import type { ProposalMember, ProposalPlace } from './delivery/proposals.ts'
import type { Log } from './ports.ts'
import type { Leader } from './runtime/leader.ts'
import type { Metrics } from './runtime/metrics.ts'

export interface PullRequestsDeps extends GroupDeps {
  config: Config
  leader: Leader
  memory: Memory
  log: Log
  metrics: Metrics
}

/** The controller of pull requests over the real world. */
export function createPullRequests(deps: PullRequestsDeps) {
  const { config, leader, repositories } = deps
  const { name: cluster } = config.cluster

  const render = ({ repository }: ProposalPlace, members: readonly ProposalMember[], isNew: boolean) => {
    const [first] = members
    if (first === undefined) return { title: '', body: '' }
    const { id } = groupOf(first.request, repositories.find(repository).rules.pullRequest.group, cluster)
    const mark = { group: id, ...(isNew ? { isNew } : {}) }
    const title = `Update ${first.request.spec.change.to}`
    return { title, body: writeMark(title, mark) }
  }
  return createPullRequestController({
    repositories,
    group: (place) => readGroup(place, deps),
    render,
    mergeWords: (members) => ({
      title: `Update ${members[0]?.request.spec.change.to}`,
      message: members.map((m) => `Fairlead-Id: ${m.wanted.id}`).join('\n'),
    }),
    content: createContentReader(config.git.author),
    memory: deps.memory,
    proposals: deps.proposals,
    fourEyes: deps.fourEyes,
    fence: () => leader.fence(),
    isLeader: () => leader.isLeader(),
    clock: deps.clock,
    log: deps.log,
    metrics: deps.metrics,
  })
}

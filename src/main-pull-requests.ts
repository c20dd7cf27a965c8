import type { Config } from './config-schema.ts'
import { createContentReader } from './controllers/pull-request/content.ts'
import { createPullRequestController } from './controllers/pull-request/controller.ts'
import type { Memory } from './controllers/pull-request/memory.ts'
import { type GroupDeps, readGroup } from './controllers/update-request/group.ts'
import type { Templates } from './core/change/template-place.ts'
import { groupOf } from './core/pull-request/group.ts'
import { writeMark } from './core/pull-request/mark.ts'
import { renderMergeMessage } from './core/pull-request/merge-message.ts'
import { renderProposal } from './core/pull-request/proposal-text.ts'
import type { ProposalMember, ProposalPlace } from './delivery/proposals.ts'
import type { Log } from './ports.ts'
import type { Leader } from './runtime/leader.ts'
import type { Metrics } from './runtime/metrics.ts'

export interface PullRequestsDeps extends GroupDeps {
  config: Config
  templates: Templates
  leader: Leader
  memory: Memory
  log: Log
  metrics: Metrics
}

/** The controller of pull requests over the real world. */
export function createPullRequests(deps: PullRequestsDeps) {
  const { config, leader, repositories, templates } = deps
  const cluster = config.cluster.name

  const factsOf = ({ repository, base }: ProposalPlace, members: readonly ProposalMember[]) => ({
    templates,
    changes: members.map((one) => one.change),
    cluster,
    repository,
    base,
  })
  const render = (place: ProposalPlace, members: readonly ProposalMember[], isNew: boolean) => {
    const [first] = members
    if (first === undefined) return { title: '', body: '' }
    const rules = repositories.find(place.repository).rules.pullRequest
    const { title, body } = renderProposal({
      ...factsOf(place, members),
      rules,
      isApproved: members.every((one) => one.wanted.isApproved),
    })
    const { id: group } = groupOf(first.request, rules.group, cluster)
    return { title, body: writeMark(body, { group, ...(isNew ? { isNew } : {}) }) }
  }
  return createPullRequestController({
    repositories,
    group: (place) => readGroup(place, deps),
    render,
    mergeWords: (place, members) => renderMergeMessage(factsOf(place, members)),
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

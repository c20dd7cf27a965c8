import type { ProposalFacts } from '../../core/pull-request/decide.ts'
import { proposalKey } from '../../delivery/proposals.ts'
import type { ManagedRepository } from '../../delivery/repositories.ts'
import type { Clock } from '../../ports.ts'
import type { PullRequests } from '../../ports-repository-host.ts'
import type { Memory } from './memory.ts'

const hourMs = 3_600_000

/** How many proposals the repository has, as the host lists them and as we remember: lists may be behind. */
export async function countProposals(
  { host, repository }: { host: PullRequests; repository: ManagedRepository },
  { memory, clock }: { memory: Memory; clock: Clock },
): Promise<Pick<ProposalFacts, 'counts' | 'nextSlotMs'>> {
  const { url, rules } = repository
  const open = await host.list(rules.pullRequest.branchPrefix)
  const now = clock.now()
  const listed = open.map((one) => one.createdAt.getTime()).filter((one) => one > now.getTime() - hourMs)
  const noted = memory.openedAt(url, now)
  const times = noted.length > listed.length ? noted : listed.sort((a, b) => a - b)
  const nextSlotMs = Math.max(0, (times[0] ?? now.getTime()) + hourMs - now.getTime())
  const keys = open.map(({ base, branch }) => proposalKey({ repository: url, base, branch }))
  return {
    counts: { open: new Set([...keys, ...memory.openIn(url)]).size, lastHour: times.length },
    nextSlotMs,
  }
}

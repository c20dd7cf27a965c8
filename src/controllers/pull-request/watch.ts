import { isDeepStrictEqual } from 'node:util'
import { isHoldBranch } from '../../core/pull-request/hold-branch.ts'
import { proposalKey, readProposalKey } from '../../delivery/proposals.ts'
import type { ManagedRepository } from '../../delivery/repositories.ts'
import { asFairleadError } from '../../errors.ts'
import type { Clock, Log } from '../../ports.ts'
import type { PullRequest } from '../../ports-repository-host.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { WorkQueue } from '../../runtime/queue.ts'
import type { Memory } from './memory.ts'

/** What wakes the loop of pull requests beside their requests: hints of hosts, and polling as the safety net. */
export interface PullRequestWatch {
  /** Somebody says that something happened to a pull request; without a branch or number, to any of the repository. */
  changed(repository: string, about: { branch?: string; number?: number }): void
  /** The branch has moved, so the pull requests that want to be merged into it may have conflicts by now. */
  baseMoved(repository: string, base: string): void
  /** Lists the open ones of every repository once per interval, until the signal aborts. */
  poll(signal: AbortSignal): Promise<void>
  /** One look at every repository. */
  sweep(): Promise<void>
}

export interface PullRequestWatchDeps {
  queue: WorkQueue
  memory: Memory
  repositories: readonly ManagedRepository[]
  intervalMs: number
  isLeader: () => boolean
  clock: Clock
  log: Log
  metrics: Metrics
}

/** So long a host rests that refuses to be asked. */
const terminalRestMs = 600_000

/**
 * An open pull request that nothing happens to costs nothing: one list, conditional where the host can, tells about all of
 * a repository. Whatever the list does not show (reviews, checks, conflicts) is told by hints, or looked at while
 * something waits for it.
 */
export function createPullRequestWatch(deps: PullRequestWatchDeps): PullRequestWatch {
  const { queue, memory, clock, log, metrics } = deps
  const listed = new Map<string, ReadonlyMap<string, PullRequest>>()

  const bases = new Map<string, string>()
  /** Until when a repository is not asked: it said so, or somebody must change something first. */
  const rests = new Map<string, number>()

  /** Conflicts come when a base moves, and no list tells of them. */
  const lookAtBases = async ({ url, git }: ManagedRepository, open: readonly PullRequest[]) => {
    for (const base of new Set(open.map((one) => one.base))) {
      const { revision } = await git.snapshot(base, { fresh: false })
      const known = bases.get(`${url} ${base}`)
      bases.set(`${url} ${base}`, revision)
      if (known !== undefined && known !== revision) baseMoved(url, base)
    }
  }

  /** Who waits for a place among the open ones has one now. */
  const wakeWaiting = (repository: string) => {
    for (const key of memory.keysIn(repository)) if (memory.of(key).number === undefined) queue.add(key)
  }

  const baseMoved = (repository: string, base: string) => {
    for (const key of memory.openIn(repository)) if (readProposalKey(key).base === base) queue.add(key)
  }

  const sweepOne = async (repository: ManagedRepository) => {
    const { url, host, rules } = repository
    if (host === undefined) return
    const { branchPrefix } = rules.pullRequest
    const all = await host.pullRequests.list(branchPrefix)
    const open = all.filter(({ branch }) => !isHoldBranch(branchPrefix, branch))
    const now = new Map(open.map((one) => [proposalKey({ repository: url, base: one.base, branch: one.branch }), one]))
    const before = listed.get(url) ?? new Map<string, PullRequest>()
    listed.set(url, now)
    for (const [key, one] of now) if (!isDeepStrictEqual(before.get(key), one)) queue.add(key)
    const gone = [...before.keys(), ...memory.openIn(url)].filter((key) => !now.has(key))
    for (const key of gone) queue.add(key)
    if (gone.length > 0) wakeWaiting(url)
    await lookAtBases(repository, open)
  }

  const sweepOrRest = async (repository: ManagedRepository) => {
    if ((rests.get(repository.url) ?? 0) > clock.monotonicMs()) return
    try {
      await sweepOne(repository)
    } catch (thrown) {
      const { code, message, kind, retryAfterMs = 0 } = asFairleadError(thrown)
      rests.set(repository.url, clock.monotonicMs() + (kind === 'terminal' ? terminalRestMs : retryAfterMs))
      log.warn({ repository: repository.url, code }, `pull requests were not listed: ${message}`)
    }
  }

  /** All at once: a host that does not answer keeps no other one waiting. */
  const sweep = async () => {
    await Promise.all(deps.repositories.map(sweepOrRest))
    const open = [...listed.values()].flatMap((one) => [...one.values()])
    metrics.pullRequests.set({ state: 'draft' }, open.filter((one) => one.isDraft).length)
    metrics.pullRequests.set({ state: 'open' }, open.filter((one) => !one.isDraft).length)
  }

  return {
    changed(repository, { branch, number }) {
      for (const key of memory.keysIn(repository)) {
        const isMeant =
          (branch === undefined && number === undefined) ||
          readProposalKey(key).branch === branch ||
          (number !== undefined && memory.of(key).number === number)
        if (isMeant) queue.add(key)
      }
    },
    baseMoved,
    sweep,
    async poll(signal) {
      while (!signal.aborted) {
        if (deps.isLeader()) await sweep()
        await clock.sleep(deps.intervalMs, signal)
      }
    },
  }
}

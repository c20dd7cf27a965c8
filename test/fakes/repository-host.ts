import type { FairleadError } from '../../src/errors.ts'
import type { MergeAnswer, OutcomeState, RepositoryHost } from '../../src/ports-repository-host.ts'
import type { FakeGitRepository } from './git-repository.ts'
import { createCommits, createOutcomes } from './repository-host-outcome.ts'
import { createPeople, type People } from './repository-host-people.ts'
import { createPullRequests } from './repository-host-pull-request.ts'
import { createHostState, type HostState, settle } from './repository-host-state.ts'

export interface FakeRepositoryHost extends RepositoryHost {
  /** Everything as it is stored, and how the host behaves. */
  state: HostState
  /** What others do. */
  people: People
  /** Calls by method, failed ones too. A write that found everything as it should be counts as a read. */
  calls: { reads: Record<string, number>; writes: Record<string, number> }
  /**
   * How the next merge ends: `lose` = merged, answer lost; `drop` = never arrived. An answer `merged` is given after a
   * real merge, whose commit nobody is told when the answer has none; the other answers are given without one.
   */
  nextMerge: MergeAnswer | 'lose' | 'drop' | undefined
  /** The next call of this method fails, before or after its effect. */
  failNext(method: string, error: FairleadError, when?: 'before' | 'after'): void
  /** While it is set, every call fails with it. */
  outage: FairleadError | undefined
  /** Of a commit: newest text and state by name. */
  statuses(commit: string): Record<string, { state: OutcomeState; text: string }>
}

const readers = new Set(['account', 'list', 'find', 'read', 'commits', 'reviews', 'checks', 'demands'])
const looksFirst = new Set(['comment', 'status', 'deployment'])

/** The host of a fake repository, in memory. Branches and commits are those of the repository itself. */
export function createFakeRepositoryHost(git: FakeGitRepository): FakeRepositoryHost {
  const state = createHostState(git)
  const faults = new Map<string, { error: FairleadError; when: 'before' | 'after' }>()
  const takeScript = () => {
    const next = host.nextMerge
    host.nextMerge = undefined
    return next
  }

  /** The port with faults and counts, and with everything that follows by itself before and after each call. */
  const watch = <T extends object>(port: T): T => {
    const watched = Object.entries(port).map(([name, call]) => [
      name,
      async (...args: unknown[]) => {
        const before = state.edits
        const fault = faults.get(name)
        faults.delete(name)
        try {
          if (host.outage !== undefined) throw host.outage
          if (fault?.when === 'before') throw fault.error
          settle(state, 'somebody')
          const answer = await call(...args)
          settle(state, state.account)
          if (fault?.when === 'after') throw fault.error
          return answer
        } finally {
          const kind = readers.has(name) || (looksFirst.has(name) && state.edits === before) ? 'reads' : 'writes'
          host.calls[kind][name] = (host.calls[kind][name] ?? 0) + 1
        }
      },
    ])
    return Object.fromEntries(watched)
  }

  const host: FakeRepositoryHost = {
    pullRequests: watch(createPullRequests(state, takeScript)),
    outcomes: watch(createOutcomes(state)),
    commits: watch(createCommits(state)),
    state,
    people: createPeople(state),
    calls: { reads: {}, writes: {} },
    nextMerge: undefined,
    failNext: (method, error, when = 'before') => void faults.set(method, { error, when }),
    outage: undefined,
    statuses: (commit) =>
      Object.fromEntries((state.statuses.get(commit) ?? []).map(({ name, ...status }) => [name, status])),
  }
  return host
}

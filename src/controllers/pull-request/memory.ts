import type { MergeFacts } from '../../core/pull-request/merge.ts'
import type { ProposalOutcome } from '../../delivery/proposals.ts'

/** What is known about a proposal between two looks at it. All of it can be found out again. */
export interface Remembered {
  /** Requests that could not be rendered, by their keys, and until when that is not tried again. */
  refused: Map<string, { outcome: ProposalOutcome; untilMs: number }>
  number?: number
  /** Head of the base that its branch was rendered on last. */
  base?: string
  /** Commit that its branch was put at last. */
  put?: string
  /** Number of the one that is over and whose branch was deleted. */
  cleaned?: number
  /** Since when nobody is known who asks for what it holds, by the monotonic clock. */
  unclaimedMs?: number
  /** What the host said to the last merge, of which state of the proposal, and how often in a row. */
  answer?: { state: string; untilMs: number; tries: number; said: Omit<NonNullable<MergeFacts['lastAnswer']>, 'forMs'> }
  /** State of the proposal that the host did not want to merge by itself. */
  notOrdered?: string
  /** What was seen when something was written last, and how long the host may still show that. */
  wrote?: { seen: string; untilMs: number }
  /** Head that the host was told to merge by itself, and how long it may take to show that. */
  ordered?: { head: string; untilMs: number }
}

/** When a proposal was opened, for the limit of an hour. */
const hourMs = 3_600_000

export interface Memory {
  /** By `proposalKey`; the same object every time. */
  of(key: string): Remembered
  forget(key: string): void
  /** Keys of the proposals of a repository that were looked at, and of those the open ones. */
  keysIn(repository: string): string[]
  openIn(repository: string): string[]
  /** Notes that a proposal was opened in this repository. */
  opened(repository: string, at: Date): void
  /** Times of the last hour, oldest first. */
  openedAt(repository: string, now: Date): readonly number[]
  /** Does the work when what others do in their turn for this repository is done. */
  inTurn<T>(repository: string, work: () => Promise<T>): Promise<T>
}

export function createMemory(): Memory {
  const proposals = new Map<string, Remembered>()
  const times = new Map<string, number[]>()
  const turns = new Map<string, Promise<unknown>>()
  const keysIn = (repository: string) => [...proposals.keys()].filter((key) => key.startsWith(`${repository} `))
  return {
    keysIn,
    openIn: (repository) => keysIn(repository).filter((key) => proposals.get(key)?.number !== undefined),
    of(key) {
      const known = proposals.get(key)
      if (known !== undefined) return known
      const created: Remembered = { refused: new Map() }
      proposals.set(key, created)
      return created
    },
    forget: (key) => void proposals.delete(key),
    opened: (repository, at) => void times.set(repository, [...(times.get(repository) ?? []), at.getTime()]),
    openedAt(repository, now) {
      const recent = (times.get(repository) ?? []).filter((one) => one > now.getTime() - hourMs)
      times.set(repository, recent)
      return recent
    },
    inTurn(repository, work) {
      const mine = (turns.get(repository) ?? Promise.resolve()).then(work)
      turns.set(
        repository,
        mine.catch(() => undefined),
      )
      return mine
    },
  }
}

import { FairleadError } from '../../errors.ts'
import type { Clock, Log } from '../../ports.ts'
import { type Backend, DamagedStore } from './backend.ts'
import type { WorkingSet } from './working-set.ts'

const intervalMs = 60_000

export interface HealingParts {
  url: string
  backend: Backend
  working: WorkingSet
  clock: Clock
  log: Log
}

/** The store is a cache: when it is damaged it is deleted and fetched again, once a minute at most. */
export interface Healing {
  /** Runs a call that is safe to repeat, and repeats it once on a new store. */
  run<T>(call: () => Promise<T>): Promise<T>
  /** Deletes the store and writes what was not pushed yet; `GitUnavailable` when that was done just now. */
  rebuild(damage: DamagedStore): Promise<void>
}

/** Healing of one repository's store. */
export function createHealing({ url, backend, working, clock, log }: HealingParts): Healing {
  let healedAt = Number.NEGATIVE_INFINITY

  function giveUp(error: unknown): never {
    if (!(error instanceof DamagedStore)) throw error
    throw new FairleadError('GitUnavailable', `local copy of ${url} is damaged: ${error.message}`, { cause: error })
  }

  async function rebuild(damage: DamagedStore): Promise<void> {
    if (clock.monotonicMs() - healedAt < intervalMs) giveUp(damage)
    healedAt = clock.monotonicMs()
    log.warn({ repository: url, reason: damage.message }, 'local copy of the repository is damaged; fetching it again')
    await backend.discard()
    working.reset()
    await backend.write(working.stored)
  }

  return {
    rebuild,
    async run(call) {
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof DamagedStore)) throw error
        await rebuild(error)
      }
      return call().catch(giveUp)
    },
  }
}

import type { RolloutState } from '../core/workload/rollout-state.ts'

/** A rollout as it was seen last. */
export interface SeenRollout {
  state: RolloutState
  /** Of the monotonic clock. */
  atMs: number
  /** The cluster keeps it like this, too. */
  recorded: boolean
}

/** The newest rollout of every workload. One loop tracks them; others look. Keys are `Kind/namespace/name`. */
export interface RolloutStates {
  get(key: string): SeenRollout | undefined
  /** Undefined forgets the workload. */
  set(key: string, seen: SeenRollout | undefined): void
  /** Keys of those that the cluster does not keep like this, as far as we know. */
  unrecorded(): string[]
  /** Told of workloads whose rollout is another one, or in another phase, than before. */
  onChange(listener: (key: string) => void): void
}

export function createRolloutStates(): RolloutStates {
  const states = new Map<string, SeenRollout>()
  const listeners: ((key: string) => void)[] = []
  return {
    get: (key) => states.get(key),
    set(key, seen) {
      const before = states.get(key)
      if (seen === undefined) states.delete(key)
      else states.set(key, seen)
      if (!isSame(before?.state, seen?.state)) for (const tell of listeners) tell(key)
    },
    unrecorded: () => [...states].flatMap(([key, { recorded }]) => (recorded ? [] : [key])),
    onChange: (listener) => void listeners.push(listener),
  }
}

function isSame(before: RolloutState | undefined, after: RolloutState | undefined): boolean {
  if (before === undefined || after === undefined) return before === after
  return (
    before.phase === after.phase &&
    before.reason === after.reason &&
    before.revision === after.revision &&
    before.liveRevision === after.liveRevision
  )
}

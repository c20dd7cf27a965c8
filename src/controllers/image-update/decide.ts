import { type Choice, type ChoiceFacts, chooseImage, withVerdict } from '../../core/image/choice.ts'
import type { Verdict } from '../../core/image/decision.ts'
import type { UpdateSettings } from '../../core/image/settings.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import type { FairleadError } from '../../errors.ts'

/** All that is known about one container when its update is decided. */
export interface ContainerFacts extends ChoiceFacts {
  container: string
  /** The strictest of all containers that the slot decides. */
  settings: UpdateSettings
  trace: Trace
  /** When the slot was last changed by us. */
  lastUpdate: Date | undefined
  /** Name of a request that is to put an older value back there. */
  openRollback: string | undefined
  now: Date
}

/** A rollback that has come to its end wakes whom it kept waiting; this is for what is missed. */
const rollbackRecheckMs = 300_000

/** What is to be done with one container, and why. */
export type ContainerDecision =
  | Choice
  | { kind: 'wait'; reason: string; untilMs: number }
  | { kind: 'refused'; error: FairleadError }

/** Decides one container's update from facts alone. The current value is the one in Git, never the live one. */
export function decideContainer(facts: ContainerFacts): ContainerDecision {
  const { settings, trace } = facts
  const choice = chooseImage(settings, trace.image, facts)
  if (settings.hold !== undefined) return held(choice)
  if (choice.kind !== 'update') return choice
  // Two ways out of one value would take turns with each other.
  if (facts.openRollback !== undefined) return { kind: 'wait', reason: 'rollback', untilMs: rollbackRecheckMs }
  const sinceMs = facts.lastUpdate === undefined ? Infinity : facts.now.getTime() - facts.lastUpdate.getTime()
  if (sinceMs < settings.minUpdateIntervalMs) {
    return { kind: 'wait', reason: 'min-update-interval', untilMs: settings.minUpdateIntervalMs - sinceMs }
  }
  return choice
}

/** A candidate that would have been chosen, and what keeps it away. */
export interface Blocked {
  /** CamelCase, for an Event: `Quarantined`, `WrongPlatform`, `Held`. */
  reason: string
  message: string
}

const blocking: ReadonlyMap<Verdict, string> = new Map<Verdict, string>([
  ['quarantined', 'Quarantined'],
  ['wrong-platform', 'WrongPlatform'],
  ['unsigned', 'Unsigned'],
  ['held', 'Held'],
])

/** The nearest candidate that something keeps away although nothing else is chosen. */
export function findBlocked(decision: ContainerDecision, facts: ContainerFacts): Blocked | undefined {
  if (decision.kind !== 'none') return undefined
  const nearest = decision.verdicts.candidates.find((one) => blocking.has(one.verdict))
  if (nearest === undefined) return undefined
  const { tag, verdict } = nearest
  const why = verdict === 'held' ? `held: ${facts.settings.hold ?? ''}` : (facts.notes.get(tag) ?? verdict)
  return { reason: blocking.get(verdict) ?? verdict, message: `${tag} is not taken: ${why}` }
}

/** What would be chosen is shown as held. */
function held(choice: Choice): Choice {
  const { verdicts } = choice
  const shown = choice.kind === 'update' ? withVerdict(verdicts, choice.tag, 'held') : verdicts
  return { kind: 'none', reason: 'held', verdicts: { ...shown, selected: null } }
}

import {
  type MessagePlace,
  maxPendingEvents,
  type PendingEvent,
  type WorkloadRolloutStateStatus,
} from '../../api/workload-rollout-state.ts'
import type { CarriedChange } from '../change/carrier.ts'
import type { PhaseName } from '../workload/phase.ts'
import type { RolloutState } from '../workload/rollout-state.ts'
import { isSameRollout, type RolloutFacts, rolloutFacts } from '../workload/rollout-status.ts'
import { speakingImage, type Workload } from '../workload/workload.ts'
import { rolledOutConditions } from './rollout-condition.ts'
import { eventId, rolloutId } from './transition.ts'

/** What the record of a rollout is decided from. */
export interface RecordFacts {
  /** What the cluster keeps of it; undefined when nothing. */
  kept: WorkloadRolloutStateStatus | undefined
  state: RolloutState
  workload: Workload
  /** What brought the template; undefined when nobody knows. */
  change: CarriedChange | undefined
  /** `cluster.name` of the configuration. */
  cluster: string
  /** Names of those who are told. */
  sinks: readonly string[]
  /** What became of an event at a sink; undefined while it still has to be sent there. */
  settled: (id: string, sink: string) => Settlement | undefined
  /** Where a rollout has its message, as far as this process knows. */
  messageOf: (rollout: string) => MessagePlace | undefined
}

/** `dropped`: given up, because it was refused, too old, or there was no room. */
export type Settlement = 'sent' | 'dropped'

/** What to write; `news` when it holds a phase that was not kept before. */
export interface RolloutRecord {
  status: WorkloadRolloutStateStatus
  news: boolean
}

/**
 * The status to write for a rollout as it was seen last, with an event for every phase it has come to since what is kept
 * was written; undefined when nothing is to be written. It compares what is kept with what is, so a process that dies
 * before it can write loses nothing but what comes and goes before the next one looks.
 */
export function decideRecord(given: RecordFacts): RolloutRecord | undefined {
  const { kept, state, change } = given
  const facts = rolloutFacts(state)
  const same = kept !== undefined && isSameRun(kept, facts) ? kept : undefined
  const commit = change?.commit ?? same?.commit
  const changeId = change?.changeId ?? same?.changeId
  const left = unsettled(given)
  const isKept = kept !== undefined && isSameRollout(kept, facts) && kept.commit === commit
  if (isKept && left.events === kept.pending) return undefined
  const phases = newPhases(same, facts)
  const idOf = (phase: PhaseName) => transitionId(given, facts, phase)
  const { incidents, open } = followIncident(kept?.incident, phases, idOf)
  const status: WorkloadRolloutStateStatus = {
    observedGeneration: 1,
    ...facts,
    ...(commit !== undefined && { commit }),
    ...(changeId !== undefined && { changeId }),
    ...(open !== undefined && { incident: open }),
    ...slackMessage(given, facts),
    conditions: rolledOutConditions(kept?.conditions, facts, state.observedAt),
    ...(left.dropped > 0 && { eventsDropped: left.dropped }),
  }
  const told = given.sinks.length === 0 ? [] : phases
  const events = told.map((phase, index) => pendingEvent(given, status, { phase, incident: incidents[index] }))
  return { status: withPending(status, [...(left.events ?? []), ...events]), news: phases.length > 0 }
}

/** The newest one; a rollout that nobody was told of yet leaves the last one's. */
function slackMessage(given: RecordFacts, facts: RolloutFacts): Pick<WorkloadRolloutStateStatus, 'slackMessage'> {
  const { kept, state, cluster, messageOf } = given
  const { revision, startedAt } = facts
  const id = startedAt && rolloutId({ cluster, workload: { uid: state.uid }, revision, startedAt })
  const place = id && messageOf(id)
  if (id && place) return { slackMessage: { rollout: id, channel: place.channel, ts: place.ts } }
  return kept?.slackMessage === undefined ? {} : { slackMessage: kept.slackMessage }
}

/** What still has to be told of what is kept, by the same list when nothing changed, and how many events were given up. */
function unsettled({ kept, sinks, settled }: RecordFacts): { events: PendingEvent[] | undefined; dropped: number } {
  let dropped = kept?.eventsDropped ?? 0
  let changed = false
  const events = (kept?.pending ?? []).flatMap((event) => {
    const open = event.sinks.filter((sink) => sinks.includes(sink) && settled(event.id, sink) === undefined)
    if (open.length === event.sinks.length) return [event]
    changed = true
    if (event.sinks.some((sink) => settled(event.id, sink) === 'dropped')) dropped++
    return open.length === 0 ? [] : [{ ...event, sinks: open }]
  })
  return { events: changed ? events : kept?.pending, dropped }
}

/** The status with these events, the newest as far as there is room. */
export function withPending(
  status: WorkloadRolloutStateStatus,
  events: readonly PendingEvent[],
): WorkloadRolloutStateStatus {
  const { pending: _, ...rest } = status
  const unique = [...new Map(events.map((event) => [event.id, event])).values()]
  const pending = unique.slice(-maxPendingEvents)
  const dropped = (status.eventsDropped ?? 0) + unique.length - pending.length
  return {
    ...rest,
    ...(pending.length > 0 && { pending }),
    ...(dropped > 0 && { eventsDropped: dropped }),
  }
}

/** The same rollout, and not a newer one. A template that merely reads differently is another revision of the same. */
function isSameRun(kept: RolloutFacts, facts: RolloutFacts): boolean {
  if (kept.startedAt !== facts.startedAt) return false
  return kept.revision === facts.revision || kept.previousRevision === facts.previousRevision
}

/** Which phases a rollout has come to since it was kept. What was over when it was first seen is no news. */
function newPhases(kept: RolloutFacts | undefined, { phase, startedAt, recovered }: RolloutFacts): PhaseName[] {
  if (startedAt === undefined || kept?.phase === phase) return []
  const begun: PhaseName[] = kept === undefined ? ['rolling_out'] : []
  const failed: PhaseName[] = recovered === true && kept?.phase !== 'failed' ? ['failed'] : []
  return [...begun, ...failed, ...(phase === 'rolling_out' ? [] : [phase])]
}

/**
 * The incident that each phase belongs to, and the one that is open after them. A failure opens one unless one is open;
 * the next success ends it, whichever version that is.
 */
function followIncident(open: string | undefined, phases: readonly PhaseName[], idOf: (phase: PhaseName) => string) {
  let incident = open
  const incidents = phases.map((phase) => {
    if (phase === 'rolling_out') return undefined
    if (phase === 'failed') incident ??= idOf(phase)
    const ours = incident
    if (phase === 'success') incident = undefined
    return ours
  })
  return { incidents, open: incident }
}

function transitionId({ state, cluster }: RecordFacts, { revision, startedAt = '' }: RolloutFacts, phase: PhaseName) {
  return eventId({ cluster, workload: { uid: state.uid }, revision, startedAt, phase })
}

function pendingEvent(
  given: RecordFacts,
  status: WorkloadRolloutStateStatus,
  { phase, incident }: { phase: PhaseName; incident: string | undefined },
): PendingEvent {
  const { workload, sinks } = given
  const { revision, version, previousVersion, startedAt = '', finishedAt, rollback, commit, changeId } = status
  const image = workload.revision === revision ? speakingImage(workload.containers, workload.name) : undefined
  return {
    id: transitionId(given, status, phase),
    phase,
    at: phase === 'rolling_out' ? startedAt : (finishedAt ?? startedAt),
    sinks: [...sinks],
    revision,
    version,
    ...(previousVersion !== undefined && { previousVersion }),
    ...(phase === status.phase
      ? { reason: status.reason, message: status.message.slice(0, 256) }
      : { reason: phase === 'failed' ? 'Unknown' : 'Progressing', message: '' }),
    startedAt,
    ...(phase !== 'rolling_out' && finishedAt !== undefined && { finishedAt }),
    ...(phase === 'success' && status.recovered === true && { recovered: true }),
    ...(rollback === true && { rollback }),
    ...(image !== undefined && { image: image.slice(0, 512) }),
    ...(commit !== undefined && { commit }),
    ...(changeId !== undefined && { changeId }),
    ...(incident !== undefined && { incident }),
  }
}

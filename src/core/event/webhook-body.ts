import { sanitiseLine } from '../change/text.ts'
import type { PhaseName } from '../workload/phase.ts'
import { durationSeconds, failureMessage, sentLabels } from './fact.ts'
import type { Removal } from './removal.ts'
import { chainId, eventId, rolloutId, type Transition, type TransitionWorkload } from './transition.ts'

/** One event of the generic webhook. What is not known is absent. */
export interface WebhookEvent {
  id: string
  /** `fairlead.rollout.` and the phase. */
  type: `fairlead.rollout.${PhaseName}`
  time: string
  cluster: string
  workload: { kind: string; namespace: string; name: string; uid: string; labels: Record<string, string> }
  rollout: {
    id: string
    revision: string
    phase: PhaseName
    reason: string
    message: string
    startedAt?: string
    finishedAt?: string
    durationSeconds?: number
    recovered: boolean
    rollback: boolean
    /** One for all failures up to the next success, and for that success. */
    incidentId?: string
  }
  version: { current: string; previous?: string; image?: string; digest?: string; commit?: string }
  chainId?: string
}

/** A workload was deleted. */
export interface WebhookRemoval extends Pick<WebhookEvent, 'id' | 'time' | 'cluster' | 'workload'> {
  type: 'fairlead.workload.removed'
  /** What it was last. */
  version: Pick<WebhookEvent['version'], 'current' | 'image' | 'digest'>
}

/** The body that the generic webhook is sent: events in order. */
export function renderWebhookBody(transitions: readonly Transition[]): { events: WebhookEvent[] } {
  return { events: transitions.map(renderWebhookEvent) }
}

/** The same about workloads that are gone. */
export function renderWebhookRemovals(removals: readonly Removal[]): { events: WebhookRemoval[] } {
  return { events: removals.map(renderRemoval) }
}

function renderRemoval({ id, cluster, workload, version, image, digest, at }: Removal): WebhookRemoval {
  return {
    id,
    type: 'fairlead.workload.removed',
    time: at,
    cluster,
    workload: renderWorkload(workload),
    version: {
      current: sanitiseLine(version),
      ...(image !== undefined && { image: sanitiseLine(image, 512) }),
      ...(digest !== undefined && { digest }),
    },
  }
}

function renderWorkload({ kind, namespace, name, uid, labels }: TransitionWorkload): WebhookEvent['workload'] {
  return { kind, namespace, name, uid, labels: sentLabels(labels) }
}

function renderWebhookEvent(transition: Transition): WebhookEvent {
  const { cluster, workload, revision, phase, startedAt, finishedAt, recovered, rollback, incident } = transition
  const { version, previousVersion, image, digest, commit } = transition
  const seconds = durationSeconds(transition)
  const chain = chainId(transition)
  return {
    id: eventId(transition),
    type: `fairlead.rollout.${phase}`,
    time: transition.at,
    cluster,
    workload: renderWorkload(workload),
    rollout: {
      id: rolloutId(transition),
      revision,
      phase,
      reason: sanitiseLine(transition.reason),
      message: phase === 'failed' ? failureMessage(transition) : sanitiseLine(transition.message, 1024),
      ...(startedAt !== undefined && { startedAt }),
      ...(finishedAt !== undefined && { finishedAt }),
      ...(seconds !== undefined && { durationSeconds: seconds }),
      recovered,
      rollback,
      ...(incident !== undefined && { incidentId: incident }),
    },
    version: {
      current: sanitiseLine(version),
      ...(previousVersion !== undefined && { previous: sanitiseLine(previousVersion) }),
      ...(image !== undefined && { image: sanitiseLine(image, 512) }),
      ...(digest !== undefined && { digest }),
      ...(commit !== undefined && { commit }),
    },
    ...(chain !== undefined && { chainId: chain }),
  }
}

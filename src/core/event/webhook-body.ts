import { sanitiseLine } from '../change/text.ts'
import type { PhaseName } from '../workload/phase.ts'
import { durationSeconds, failureMessage, sentLabels } from './fact.ts'
import { chainId, eventId, rolloutId, type Transition } from './transition.ts'

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

/** The body that the generic webhook is sent: events in order. */
export function renderWebhookBody(transitions: readonly Transition[]): { events: WebhookEvent[] } {
  return { events: transitions.map(renderWebhookEvent) }
}

function renderWebhookEvent(transition: Transition): WebhookEvent {
  const { cluster, workload, revision, phase, startedAt, finishedAt, recovered, rollback, incident } = transition
  const { version, previousVersion, image, digest, commit } = transition
  const { kind, namespace, name, uid, labels } = workload
  const seconds = durationSeconds(transition)
  const chain = chainId(transition)
  return {
    id: eventId(transition),
    type: `fairlead.rollout.${phase}`,
    time: transition.at,
    cluster,
    workload: { kind, namespace, name, uid, labels: sentLabels(labels) },
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

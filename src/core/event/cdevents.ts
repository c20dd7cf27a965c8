import { sanitiseLine } from '../change/text.ts'
import { durationSeconds, failureMessage } from './fact.ts'
import { imagePurl } from './purl.ts'
import type { Removal } from './removal.ts'
import { chainId, eventId, rolloutId, type Transition } from './transition.ts'
import { uuidV5 } from './uuid.ts'

/** A CDEvent as the specification has it in version 0.5.1. */
export interface CDEvent {
  context: {
    specversion: string
    id: string
    chainId?: string
    source: string
    type: string
    timestamp: string
  }
  subject: { id: string; source: string; content: object }
  customData?: object
  customDataContentType?: string
}

const specversion = '0.5.1'

/**
 * What a transition is in CDEvents. The specification has no word for a rollout that began, ended or failed, so each
 * transition is an event of our own, `dev.cdeventsx.fairlead-rollout.{started,succeeded,failed}`; beside it a success is
 * `service.{deployed,upgraded,rolledback}` when the image is known, a failure `incident.detected`, and the next success,
 * of whatever version, `incident.resolved`. `service.published` is about traffic: it stands beside the success of a
 * Rollout, which ends when the new version has all of it.
 */
export function renderCDEvents(transition: Transition): CDEvent[] {
  return [
    rolloutEvent(transition),
    ...serviceEvent(transition),
    ...publishedEvent(transition),
    ...incidentEvent(transition),
  ]
}

const predicates = { rolling_out: 'started', success: 'succeeded', failed: 'failed' } as const

function rolloutEvent(transition: Transition): CDEvent {
  const { workload, phase, revision, reason, message, startedAt, finishedAt, recovered, rollback } = transition
  const artifactId = artifactOf(transition)
  const seconds = durationSeconds(transition)
  const content = {
    rolloutId: rolloutId(transition),
    environment: environmentOf(transition),
    service: { id: serviceId(transition), uid: workload.uid },
    ...(artifactId !== undefined && { artifactId }),
    ...versionsOf(transition),
    revision,
    reason: sanitiseLine(reason),
    message: phase === 'failed' ? failureMessage(transition) : sanitiseLine(message, 1024),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(seconds !== undefined && { durationSeconds: seconds }),
    recovered,
    rollback,
  }
  const type = `dev.cdeventsx.fairlead-rollout.${predicates[phase]}.0.1.0`
  return eventOf(transition, type, { id: serviceId(transition), content })
}

function serviceEvent(transition: Transition): CDEvent[] {
  const artifactId = artifactOf(transition)
  if (transition.phase !== 'success' || artifactId === undefined) return []
  const content = { environment: environmentOf(transition), artifactId }
  const event = eventOf(transition, `dev.cdevents.service.${servicePredicate(transition)}.0.3.0`, {
    id: serviceId(transition),
    content,
  })
  return [{ ...event, customData: versionsOf(transition), customDataContentType: 'application/json' }]
}

function publishedEvent(transition: Transition): CDEvent[] {
  if (transition.phase !== 'success' || transition.workload.kind !== 'Rollout') return []
  const content = { environment: environmentOf(transition) }
  const event = eventOf(transition, 'dev.cdevents.service.published.0.3.0', { id: serviceId(transition), content })
  return [{ ...event, customData: versionsOf(transition), customDataContentType: 'application/json' }]
}

function servicePredicate({ rollback, previousVersion }: Transition): 'deployed' | 'upgraded' | 'rolledback' {
  if (rollback) return 'rolledback'
  return previousVersion === undefined ? 'deployed' : 'upgraded'
}

/** All failures since the last success are one incident, and the success that ends it names it too. */
function incidentEvent(transition: Transition): CDEvent[] {
  const { phase, incident = eventId({ ...transition, phase: 'failed' }) } = transition
  if (phase === 'rolling_out' || (phase === 'success' && transition.incident === undefined)) return []
  const artifactId = artifactOf(transition)
  const content = {
    description: incidentWords(transition),
    environment: environmentOf(transition),
    service: { id: serviceId(transition), source: sourceOf(transition) },
    ...(artifactId !== undefined && { artifactId }),
  }
  const type = `dev.cdevents.incident.${phase === 'failed' ? 'detected' : 'resolved'}.0.3.0`
  return [eventOf(transition, type, { id: incident, content })]
}

function incidentWords(transition: Transition): string {
  const { phase, reason, recovered, rollback } = transition
  if (phase === 'failed') return `${sanitiseLine(reason)}: ${failureMessage(transition)}`
  if (recovered) return 'the rollout was completed after it had failed'
  const version = sanitiseLine(transition.version)
  return rollback ? `${version} was put back and runs` : `${version} was rolled out and runs`
}

/** `service.removed`; no image change caused it, so it is in no chain. */
export function renderRemovedService(removal: Removal): CDEvent {
  const { id, at: timestamp, version } = removal
  const type = 'dev.cdevents.service.removed.0.3.0'
  const source = sourceOf(removal)
  return {
    context: { specversion, id: uuidV5(id, type), source, type, timestamp },
    subject: { id: serviceId(removal), source, content: { environment: environmentOf(removal) } },
    customData: { version: sanitiseLine(version), uid: removal.workload.uid },
    customDataContentType: 'application/json',
  }
}

/** Of several events for one transition each has its own id, and always the same. */
function eventOf(transition: Transition, type: string, subject: { id: string; content: object }): CDEvent {
  const chain = chainId(transition)
  const source = sourceOf(transition)
  const id = uuidV5(eventId(transition), type)
  return {
    context: {
      specversion,
      id,
      ...(chain !== undefined && { chainId: chain }),
      source,
      type,
      timestamp: transition.at,
    },
    subject: { id: subject.id, source, content: subject.content },
  }
}

function versionsOf({ version, previousVersion, commit }: Transition) {
  return {
    version: sanitiseLine(version),
    ...(previousVersion !== undefined && { previousVersion: sanitiseLine(previousVersion) }),
    ...(commit !== undefined && { commit }),
  }
}

function artifactOf({ image, digest }: Transition): string | undefined {
  return image === undefined ? undefined : imagePurl(image, digest)
}

/** Where something happened, and to what. */
type Place = Pick<Transition, 'cluster' | 'workload'>

function environmentOf(place: Place) {
  const { cluster, workload } = place
  return { id: `${cluster}/${workload.namespace}`, source: sourceOf(place) }
}

function serviceId({ workload: { kind, namespace, name } }: Place): string {
  return `${kind.toLowerCase()}/${namespace}/${name}`
}

/** An absolute URI that needs no address: fairlead in that cluster. */
function sourceOf({ cluster }: Place): string {
  return `urn:fairlead:${encodeURIComponent(sanitiseLine(cluster, 253))}`
}

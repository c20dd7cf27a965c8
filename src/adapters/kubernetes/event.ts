import { createHash } from 'node:crypto'
import { rfc3339 } from '../../api/condition.ts'
import { type ObjectKey, resources } from '../../api/kubernetes.ts'
import { asFairleadError } from '../../errors.ts'
import type { Clock, EventRecorder, RecordedEvent } from '../../ports.ts'
import type { ApiClient } from './client.ts'
import { actionOf, objectPath, type Place } from './path.ts'

export interface EventOptions {
  client: ApiClient
  clock: Clock
  /** Who reports, e.g. the pod's name. */
  instance: string
}

/** An Event that was written within the last ten minutes. */
interface Recent {
  place: Place
  count: number
  lastMs: number
  /** Writes of one Event follow each other. */
  writing: Promise<void>
}

type Subject = ObjectKey & { apiVersion: string; uid: string }

const countedForMs = 10 * 60_000
const maxRecent = 1_000
const maxMessage = 1_024

/**
 * Writes core/v1 Events, which `kubectl describe` shows. The same event about the same object within ten minutes of the
 * last one raises its count, as client-go's correlator does. Needs the rights to create and patch events.
 */
export function createEventRecorder({ client, clock, instance }: EventOptions): EventRecorder {
  const recent = new Map<string, Recent>()

  const forget = (now: number) => {
    for (const [key, one] of recent) {
      // entries are in the order of their last use
      if (now - one.lastMs < countedForMs && recent.size <= maxRecent) break
      recent.delete(key)
    }
  }

  const create = async (about: Subject, event: RecordedEvent, place: Place) => {
    const body = render(about, event, { place, instance, now: clock.now() })
    const path = objectPath(resources.event, { namespace: place.namespace, name: '' })
    await client.request('POST', path, { action: actionOf('create', resources.event, place), body })
  }

  const raise = async (about: Subject, event: RecordedEvent, one: Recent) => {
    const { place, count } = one
    try {
      await client.request('PATCH', objectPath(resources.event, place), {
        action: actionOf('patch', resources.event, place),
        contentType: 'application/merge-patch+json',
        body: { count, lastTimestamp: rfc3339(clock.now()) },
      })
    } catch (thrown) {
      // Events live an hour by default, and some clusters clear them sooner
      if (asFairleadError(thrown).code !== 'ApiNotFound') throw thrown
      one.count = 1
      await create(about, event, place)
    }
  }

  return {
    async record(about, event) {
      const shown = { ...event, message: oneLine(event.message) }
      const now = clock.monotonicMs()
      forget(now)
      const key = fingerprint(about, shown, '')
      const known = recent.get(key)
      recent.delete(key)
      if (known === undefined) {
        const place = placeOf(about, fingerprint(about, shown, clock.now().toISOString()))
        const one: Recent = { place, count: 1, lastMs: now, writing: create(about, shown, place) }
        recent.set(key, one)
        return settled(one.writing, () => recent.get(key) === one && recent.delete(key))
      }
      known.count++
      known.lastMs = now
      recent.set(key, known)
      const before = known.writing.catch(() => undefined)
      known.writing = before.then(() => raise(about, shown, known))
      return known.writing
    },
  }
}

/** What could not be written must be tried as new the next time. */
async function settled(writing: Promise<void>, undo: () => void): Promise<void> {
  try {
    await writing
  } catch (thrown) {
    undo()
    throw thrown
  }
}

/** Events about cluster-scoped objects live in `default`. Names have at most 253 characters. */
function placeOf(about: Subject, suffix: string): Place {
  return {
    namespace: about.namespace === '' ? 'default' : about.namespace,
    name: `${about.name.slice(0, 230).replace(/[-.]+$/, '')}.${suffix.slice(0, 16)}`,
  }
}

function fingerprint(about: Subject, event: RecordedEvent, salt: string): string {
  const parts = [about.uid, about.kind, about.namespace, about.name, event.type, event.reason, event.message, salt]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** Control characters would reach a terminal through kubectl. */
function oneLine(message: string): string {
  const clean = message.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
  return clean.length <= maxMessage ? clean : `${clean.slice(0, maxMessage - 1)}…`
}

function render(about: Subject, event: RecordedEvent, from: { place: Place; instance: string; now: Date }): object {
  const time = rfc3339(from.now)
  const { apiVersion, kind, name, namespace, uid } = about
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: from.place.name, namespace: from.place.namespace },
    involvedObject: { apiVersion, kind, name, uid, ...(namespace === '' ? {} : { namespace }) },
    type: event.type,
    reason: event.reason,
    message: event.message,
    source: { component: 'fairlead' },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    reportingComponent: 'fairlead.dev/fairlead',
    reportingInstance: from.instance,
  }
}

import { resources } from '../../api/kubernetes.ts'
import type { UpdateRequest, UpdateRequestStatus } from '../../api/update-request.ts'
import type { EventRecorder, OwnObjects } from '../../ports.ts'
import { outdatedRequests } from './retention.ts'

/** Requests as they are, our own newest writes included. */
export interface Journal {
  /** By `namespace/name`: the newest of what the watch has shown and what we wrote. */
  read(key: string): UpdateRequest | undefined
  /** Replaces the status, and tells a new phase in an Event. */
  write(request: UpdateRequest, status: UpdateRequestStatus): Promise<void>
  /** Deletes finished requests of the same slot that have served their time. */
  forget(siblings: readonly UpdateRequest[], now: Date): Promise<void>
}

export interface JournalDeps {
  /** What the watch has shown. */
  shown: (key: string) => UpdateRequest | undefined
  own: OwnObjects
  events: EventRecorder
}

/** Nothing is decided from a state older than our own last write: the watch may lag behind it. */
export function createJournal({ shown, own, events }: JournalDeps): Journal {
  const ahead = new Map<string, { replaced: string | undefined; request: UpdateRequest }>()
  return {
    read(key) {
      const seen = shown(key)
      const written = ahead.get(key)
      if (written === undefined) return seen
      if (seen?.metadata.resourceVersion === written.replaced) return written.request
      ahead.delete(key)
      return seen
    },
    async write(request, status) {
      const { metadata } = await own.updateStatus(resources.updateRequest, { ...request, status })
      const replaced = request.metadata.resourceVersion
      ahead.set(requestKey(request), { replaced, request: { ...request, metadata, status } })
      if (status.phase !== request.status?.phase && status.phase !== 'Pending') await tell(request, status, events)
      else if (status.pullRequest !== undefined && status.pullRequest.number !== request.status?.pullRequest?.number) {
        await tellOpened(request, status.pullRequest, events)
      }
    },
    async forget(siblings, now) {
      for (const { metadata } of outdatedRequests(siblings, now)) {
        await own.delete(resources.updateRequest, metadata.namespace ?? '', metadata.name)
      }
    },
  }
}

/** `namespace/name` */
export function requestKey({ metadata }: UpdateRequest): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

async function tell(request: UpdateRequest, { phase, message }: UpdateRequestStatus, events: EventRecorder) {
  await events.record(aboutOf(request), {
    type: phase === 'Failed' ? 'Warning' : 'Normal',
    reason: phase ?? 'Pending',
    message: `${request.spec.change.to}: ${message ?? ''}`,
  })
}

async function tellOpened(
  request: UpdateRequest,
  { number, url }: NonNullable<UpdateRequestStatus['pullRequest']>,
  events: EventRecorder,
) {
  const message = `${request.spec.change.to}: pull request #${number}, ${url}`
  await events.record(aboutOf(request), { type: 'Normal', reason: 'Proposed', message })
}

function aboutOf({ apiVersion, kind, metadata }: UpdateRequest) {
  return { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' }
}

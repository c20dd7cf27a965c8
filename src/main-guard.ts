import { objectKey } from './api/kubernetes.ts'
import { asFairleadError } from './errors.ts'
import type { EventRecorder, Log, OwnObjects } from './ports.ts'
import type { Leader } from './runtime/leader.ts'

/** Every write to the cluster asks first whether this replica may write. */
export function fenced(own: OwnObjects, leader: Leader): OwnObjects {
  const guard = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      leader.fence()
      return call(...args)
    }
  }
  return { create: guard(own.create), updateStatus: guard(own.updateStatus), delete: guard(own.delete) }
}

/** Events are for people: one that cannot be written is logged and never stops the work it is about. */
export function quiet(events: EventRecorder, leader: Leader, log: Log): EventRecorder {
  return {
    async record(about, event) {
      try {
        leader.fence()
        await events.record(about, event)
      } catch (thrown) {
        const { code, message } = asFairleadError(thrown)
        log.warn({ code, object: objectKey(about), reason: event.reason }, `event not written: ${message}`)
      }
    },
  }
}

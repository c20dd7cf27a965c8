import { isDeepStrictEqual } from 'node:util'
import { withCondition } from '../../api/condition.ts'
import { objectKey, resources } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import type { RollbackDecision } from '../../core/rollback/decide.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { Clock, EventRecorder, Log, OwnObjects } from '../../ports.ts'

/** The condition of a delivered change that tells whether it is taken back. */
export const rollbackCondition = 'Rollback'

/** Says what comes of a failed rollout: in the request that brought it, in an Event and in the log, once each. */
export interface Teller {
  tell(workload: Workload, about: UpdateRequest | undefined, decision: RollbackDecision): Promise<void>
  /** The workload is well, or gone. */
  forget(key: string): void
}

export interface TellerDeps {
  own: OwnObjects
  events: EventRecorder
  clock: Clock
  log: Log
}

export function createTeller({ own, events, clock, log }: TellerDeps): Teller {
  const told = new Map<string, string>()

  const note = async (request: UpdateRequest, { reason, message }: { reason: string; message: string }) => {
    const status = reason === 'Requested' ? 'True' : 'False'
    const known = request.status?.conditions ?? []
    const condition = { type: rollbackCondition, status, reason, message: sanitiseLine(message, 1024) } as const
    const { generation = 1 } = request.metadata
    const conditions = withCondition(known, { ...condition, observedGeneration: generation }, clock.now())
    if (isDeepStrictEqual(conditions, known)) return
    await own.updateStatus(resources.updateRequest, { ...request, status: { ...request.status, conditions } })
  }

  return {
    async tell(workload, about, decision) {
      if (decision.kind === 'none' && decision.silent === true) return
      const words = wordsOf(decision)
      if (about?.status !== undefined) await note(about, words)
      const key = objectKey(workload)
      const text = `${words.reason}: ${words.message}`
      if (told.get(key) === text) return
      told.set(key, text)
      log.info({ workload: key, reason: words.reason }, words.message)
      const isTrouble = decision.kind === 'none'
      const event = {
        type: isTrouble ? 'Warning' : 'Normal',
        reason: eventReason(words.reason),
        message: words.message,
      }
      await events.record({ apiVersion: 'apps/v1', ...workload }, event as Parameters<EventRecorder['record']>[1])
    },
    forget: (key) => void told.delete(key),
  }
}

function wordsOf(decision: RollbackDecision): { reason: string; message: string } {
  if (decision.kind === 'rollback')
    return { reason: 'Requested', message: `${decision.to} is put back: ${decision.why}` }
  return { reason: decision.reason, message: decision.message }
}

function eventReason(reason: string): string {
  return `Rollback${reason}`
}

import { withCondition } from '../../api/condition.ts'
import { objectKey, resources, workloadApiVersion } from '../../api/kubernetes.ts'
import { rollbackCondition, type UpdateRequest } from '../../api/update-request.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import type { RollbackDecision } from '../../core/rollback/decision.ts'
import type { Clock, Cluster, EventRecorder, Log, OwnObjects } from '../../ports.ts'

/** Says what comes of a failed rollout or release: in the request that brought it, in an Event and in the log, once each. */
export interface Teller {
  tell(workload: UpdateSubject, about: UpdateRequest | undefined, decision: RollbackDecision): Promise<void>
  /** The workload is well, or gone. */
  forget(key: string): void
}

export interface TellerDeps {
  cluster: Pick<Cluster, 'get'>
  own: Pick<OwnObjects, 'updateStatus'>
  events: EventRecorder
  clock: Clock
  log: Log
}

export function createTeller({ cluster, own, events, clock, log }: TellerDeps): Teller {
  const told = new Map<string, string>()

  /** The newest of it: whoever carries requests out writes the same status. */
  const note = async ({ metadata }: UpdateRequest, { reason, message }: Words) => {
    const { namespace = '', name } = metadata
    const request = (await cluster.get(resources.updateRequest, namespace, name)) as UpdateRequest | undefined
    if (request?.status === undefined) return
    const status = reason === 'Requested' ? 'True' : 'False'
    const known = request.status.conditions ?? []
    const condition = { type: rollbackCondition, status, reason, message: sanitiseLine(message, 1024) } as const
    const { generation = 1 } = request.metadata
    const conditions = withCondition(known, { ...condition, observedGeneration: generation }, clock.now())
    if (conditions === known) return
    await own.updateStatus(resources.updateRequest, {
      ...request,
      status: { ...request.status, conditions: [...conditions] },
    })
  }

  return {
    async tell(workload, about, decision) {
      if (decision.kind === 'none' && decision.silent === true) return
      const words = wordsOf(decision)
      const key = objectKey(workload)
      const text = `${words.reason}: ${words.message}`
      if (told.get(key) === text) return
      if (about !== undefined) await note(about, words)
      told.set(key, text)
      log.info({ workload: key, reason: words.reason }, words.message)
      const type = decision.kind === 'none' ? 'Warning' : 'Normal'
      const event = { type, reason: `Rollback${words.reason}`, message: words.message } as const
      await events.record({ apiVersion: workloadApiVersion(workload.kind), ...workload }, event)
    },
    forget: (key) => void told.delete(key),
  }
}

interface Words {
  reason: string
  message: string
}

function wordsOf(decision: RollbackDecision): Words {
  if (decision.kind === 'rollback')
    return { reason: 'Requested', message: `${decision.to} is put back: ${decision.why}` }
  return { reason: decision.reason, message: decision.message }
}

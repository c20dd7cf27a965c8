import { objectKey, workloadApiVersion } from '../../api/kubernetes.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import type { FairleadError } from '../../errors.ts'
import type { Clock, EventRecorder, Log } from '../../ports.ts'
import type { Blocked, ContainerDecision } from './decide.ts'

/** Says where users look why nothing happens: in an Event and in the log, once until it changes. */
export interface Teller {
  /** `container` is empty when it is about the whole workload. */
  tell(workload: UpdateSubject, container: string, decision: ContainerDecision, blocked?: Blocked): Promise<void>
}

export interface TellerDeps {
  events: EventRecorder
  clock: Clock
  log: Log
}

/** What heals by itself within this time is nobody's business. */
const patienceMs = 60_000

export function createTeller({ events, clock, log }: TellerDeps): Teller {
  const told = new Map<string, string>()
  const since = new Map<string, { code: string; atMs: number }>()

  /** True once the same transient trouble has lasted for a while; terminal trouble does not heal by itself. */
  const isWorthTelling = (key: string, error: FairleadError) => {
    if (error.kind === 'terminal') return true
    const known = since.get(key)
    if (known?.code !== error.code) since.set(key, { code: error.code, atMs: clock.monotonicMs() })
    return known?.code === error.code && clock.monotonicMs() - known.atMs >= patienceMs
  }

  const isNew = (key: string, text: string) => {
    if (told.get(key) === text) return false
    told.set(key, text)
    return true
  }

  const refuse = async (workload: UpdateSubject, container: string, error: FairleadError) => {
    const { code, message, evidence } = error
    const key = `${objectKey(workload)}/${container}`
    if (!isWorthTelling(key, error) || !isNew(key, `${code}: ${message}`)) return
    log.warn({ workload: objectKey(workload), container, code, evidence }, message)
    const about = { apiVersion: workloadApiVersion(workload.kind), ...workload }
    const text = container === '' ? message : `${container}: ${message}`
    await events.record(about, { type: 'Warning', reason: code, message: text })
  }

  const block = async (workload: UpdateSubject, container: string, { reason, message }: Blocked) => {
    if (!isNew(`${objectKey(workload)}/${container}`, `${reason}: ${message}`)) return
    log.info({ workload: objectKey(workload), container, reason }, message)
    const about = { apiVersion: workloadApiVersion(workload.kind), ...workload }
    await events.record(about, { type: 'Normal', reason, message: `${container}: ${message}` })
  }

  return {
    async tell(workload, container, decision, blocked) {
      if (decision.kind === 'refused') return refuse(workload, container, decision.error)
      const key = `${objectKey(workload)}/${container}`
      since.delete(key)
      if (blocked !== undefined) return block(workload, container, blocked)
      if (decision.kind !== 'wait') told.delete(key)
      else if (isNew(key, decision.reason)) {
        const seconds = Math.ceil(decision.untilMs / 1000)
        log.info({ workload: objectKey(workload), container, reason: decision.reason, seconds }, 'an update waits')
      }
    },
  }
}

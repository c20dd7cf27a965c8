import type { UpdateRequest } from '../../api/update-request.ts'
import { finalPhases } from '../../api/update-request.ts'
import { isApproved, waitingWords } from '../../core/change/approval.ts'
import { type Gate, type GateVerdict, pass, stop, wait } from '../../core/change/gate.ts'
import { type BreakerWait, breakerReason } from '../../core/rollback/breaker.ts'
import type { Sync } from '../../core/sync/flux.ts'
import { type TimingFacts, waitForAge, waitForWindow } from './decide.ts'
import type { Situation } from './situation.ts'

/** What is known about a decision that has become a request. */
export interface RequestStanding {
  request: UpdateRequest
  situation: Situation
  fourEyes: boolean
  /** Why it has to wait for other rollbacks. */
  breaker: BreakerWait | undefined
  /** How far the engine is with its commit, when it has one. */
  sync: Sync | undefined
  now: Date
}

/** The gates after a decision was made: who or what holds it, and how far it has come. Pure. */
export function explainRequest(standing: RequestStanding): Gate[] {
  const { request } = standing
  const { phase = 'Pending', message = '', commit } = request.status ?? {}
  const name = `UpdateRequest ${request.metadata.namespace}/${request.metadata.name}`
  if (phase === 'Completed') {
    const pushed = pass('delivery', 'Completed', commit === undefined ? message : `commit ${commit}`)
    return [pass('request', phase, `${name} is ${phase}`), ...mergedGate(request), pushed, syncGate(standing.sync)]
  }
  if (finalPhases.includes(phase)) {
    return [stop('request', phase, `${name} is ${phase}: ${message}`)]
  }
  return [pass('request', phase, `${name} is ${phase}`), ...waits(standing)]
}

function waits({ request, situation, fourEyes, breaker, now }: RequestStanding): Gate[] {
  const { refusal, moved, hold, mode, suspended, requireApproval } = situation
  if (refusal !== undefined) {
    const { code, message, evidence } = refusal
    return [{ ...stop('delivery', code, message), evidence }]
  }
  if (moved !== undefined) return [wait('delivery', 'ValueChanged', moved)]
  const isNeeded = request.spec.requireApproval || requireApproval
  // Also when a rule of the branch refused the push: then it went into one by itself.
  const isProposed = mode === 'pull-request' || request.status?.pullRequest !== undefined
  const gates = [
    ...(hold === undefined ? [] : [stop('hold', 'Held', hold)]),
    mode === 'observe'
      ? stop('mode', 'ObserveOnly', 'mode is observe: nothing is written to Git')
      : pass('mode', mode ?? 'none', `mode is ${mode ?? 'none'}`),
    suspended
      ? stop('suspend', 'Suspended', 'suspend is set: nothing is pushed')
      : pass('suspend', 'NotSuspended', 'nothing is suspended'),
    ...(breaker === undefined || isApproved(request, fourEyes) ? [] : [breakerGate(breaker, now)]),
    approvalGate(request, { isNeeded, isProposed, fourEyes }),
    // Windows hold the merge of a pull request, not the pull request.
    ...timing({
      request,
      minAgeMs: situation.minAgeMs,
      window: isProposed ? { isOpen: true } : situation.window,
      now,
    }),
  ]
  if (gates.some(({ verdict }) => verdict !== 'pass')) return gates
  return [
    ...gates,
    isProposed ? proposalGate(request) : wait('delivery', 'Delivering', 'it is on its way to the branch'),
  ]
}

function breakerGate({ message, untilMs }: BreakerWait, now: Date): Gate {
  const until = untilMs === undefined ? {} : { until: new Date(now.getTime() + untilMs).toISOString() }
  return { ...wait('rollback', breakerReason, message), ...until }
}

function approvalGate(
  request: UpdateRequest,
  { isNeeded, isProposed, fourEyes }: { isNeeded: boolean; isProposed: boolean; fourEyes: boolean },
): Gate {
  if (!isNeeded || isApproved(request, fourEyes)) {
    return pass('approval', isNeeded ? 'Approved' : 'NotRequired', approvalWords(request, isNeeded))
  }
  if (isProposed) return pass('approval', 'InPullRequest', 'whoever merges its pull request approves it')
  return wait('approval', 'ApprovalRequired', waitingWords(request, fourEyes))
}

/** Where its pull request stands, in the words of the condition: the host is not asked for an explanation. */
function proposalGate({ status }: UpdateRequest): Gate {
  const says = (type: string) => status?.conditions?.find((one) => one.type === type && one.status === 'True')
  const { pullRequest } = status ?? {}
  const { reason, message } = says('Progressing') ?? { reason: 'Proposing', message: 'a pull request is prepared' }
  const gate = says('Degraded') === undefined ? wait : stop
  return { ...gate('pull-request', reason, message), ...(pullRequest && { evidence: [pullRequest.url] }) }
}

function mergedGate({ status }: UpdateRequest): Gate[] {
  const { pullRequest, approvedBy } = status ?? {}
  if (pullRequest === undefined) return []
  const by = approvedBy === undefined ? '' : `, approved by ${approvedBy}`
  return [
    {
      ...pass('pull-request', 'Merged', `pull request #${pullRequest.number} is merged${by}`),
      evidence: [pullRequest.url],
    },
  ]
}

/** The first of what it waits for that time brings, if there is anything. */
function timing(facts: TimingFacts): Gate[] {
  const waiting = waitForAge(facts) ?? waitForWindow(facts)
  if (waiting === undefined) return []
  const { reason, message, untilMs } = waiting
  const until = untilMs === undefined ? {} : { until: new Date(facts.now.getTime() + untilMs).toISOString() }
  return [{ ...wait('timing', reason, message), ...until }]
}

function approvalWords({ status }: UpdateRequest, isNeeded: boolean): string {
  if (!isNeeded) return 'no approval is required'
  return `approved by ${status?.approvedBy ?? 'somebody who patched the status'}`
}

function syncGate(sync: Sync | undefined): Gate {
  if (sync === undefined) {
    return { gate: 'sync', verdict: 'unknown', reason: 'Unknown', message: 'the engine that applies it cannot be read' }
  }
  const { state, reason, message, object } = sync
  const verdicts: Readonly<Record<Sync['state'], GateVerdict>> = {
    applied: 'pass',
    superseded: 'pass',
    pending: 'wait',
    seen: 'wait',
    blocked: 'stop',
    failed: 'stop',
    unknown: 'unknown',
  }
  return { gate: 'sync', verdict: verdicts[state], reason, message: `${object} is ${state}: ${message}` }
}

import { type Gate, pass, stop, wait } from '../../core/change/gate.ts'
import { chooseImage } from '../../core/image/choice.ts'
import type { Decision } from '../../core/image/decision.ts'
import { requireAllowedPath } from '../../core/manifest/allowed-path.ts'
import { asFairleadError, type ErrorCode, type FairleadError } from '../../errors.ts'
import { type ContainerDecision, type ContainerFacts, findBlocked } from './decide.ts'
import type { ObservedContainer } from './observe.ts'

/** The gates before a decision becomes a request, and what the tags were found to be. */
export interface DecisionGates {
  gates: Gate[]
  selection: Decision | undefined
}

/** What is known of a container whose gates are to be told. */
export interface Explained {
  observed: ObservedContainer
  decision: ContainerDecision
  now: Date
}

/** Of a container that no policy applies to. */
export function withoutPolicy(isLive: boolean): Gate {
  const message = isLive
    ? 'only the live object has a policy; Git declares none'
    : 'no annotation fairlead.dev/policy and no rule of updates.rules applies'
  return stop('policy', 'NoPolicy', message)
}

/** Why a container of which everything was looked up is (not) to be updated. Pure. */
export function explainDecision({ observed, decision, now }: Explained): DecisionGates {
  if ('error' in observed) return { gates: [refusal(observed.error)], selection: undefined }
  const { facts, destination } = observed
  const { settings, trace } = facts
  const choice =
    decision.kind === 'none' || decision.kind === 'update' ? decision : chooseImage(settings, trace.image, facts)
  const selection = choice.verdicts
  const gates: Gate[] = [
    pass('policy', settings.policyText, `policy ${settings.policyText}`),
    {
      ...pass('origin', 'Traced', `${trace.file}:${trace.line} ${trace.keyPath} = ${trace.value}`),
      evidence: trace.via,
    },
  ]
  if (settings.hold !== undefined) {
    gates.push(stop('hold', 'Held', settings.hold))
    return { gates, selection }
  }
  gates.push(pass('hold', 'NotHeld', 'nobody holds it'), tagsGate(decision, facts))
  if (decision.kind === 'none' || decision.kind === 'refused') return { gates, selection }
  const refused = refusalOf(() => requireAllowedPath(trace.file, destination.repository.rules.allowPaths))
  if (refused !== undefined) return { gates: [...gates, refusal(refused)], selection }
  gates.push(pass('agreement', 'Agreed', 'every container that this place decides wants the same'))
  gates.push(timingGate(decision, now))
  return { gates, selection }
}

function tagsGate(decision: ContainerDecision, facts: ContainerFacts): Gate {
  const present = facts.trace.image
  if (decision.kind === 'refused') return refusal(decision.error)
  if (decision.kind === 'none') {
    const blocked = findBlocked(decision, facts)
    const message = `Git has ${present}, and no tag is to be chosen instead`
    const why = blocked === undefined ? {} : { reason: blocked.reason, evidence: [blocked.message] }
    return { ...stop('tags', decision.reason, message), ...why }
  }
  const choice = chooseImage(facts.settings, present, facts)
  const to = choice.kind === 'update' ? choice.tag : present
  return pass('tags', 'selected', `${to} is to follow ${present}`)
}

function timingGate(decision: ContainerDecision, now: Date): Gate {
  if (decision.kind !== 'wait') return pass('timing', 'Due', 'it may be changed now')
  const until = new Date(now.getTime() + decision.untilMs).toISOString()
  return { ...wait('timing', decision.reason, `waits until ${until}`), until }
}

const policyCodes: readonly ErrorCode[] = ['PolicyInvalid', 'PolicyNotInGit']

/** A refusal stands at the gate that it is about; what may heal by itself is a wait. */
function refusal({ code, kind, message, evidence }: FairleadError): Gate {
  const gate = policyCodes.includes(code)
    ? 'policy'
    : code === 'PolicyConflict'
      ? 'agreement'
      : code.startsWith('Registry') || code === 'DigestUnknown'
        ? 'tags'
        : 'origin'
  return { gate, verdict: kind === 'terminal' ? 'stop' : 'wait', reason: code, message, evidence }
}

function refusalOf(check: () => unknown): FairleadError | undefined {
  try {
    check()
    return undefined
  } catch (thrown) {
    return asFairleadError(thrown)
  }
}

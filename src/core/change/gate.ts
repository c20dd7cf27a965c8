import type { ObjectKey } from '../../api/kubernetes.ts'

/** What a change has to pass, in this order. */
export type GateName =
  | 'policy'
  | 'origin'
  | 'hold'
  | 'tags'
  | 'agreement'
  | 'timing'
  | 'request'
  | 'mode'
  | 'suspend'
  | 'approval'
  | 'pull-request'
  | 'delivery'
  | 'sync'
  | 'rollback'

/** `stop`: somebody must change something. `wait`: it goes on by itself, or by an approval. `unknown` is said as such. */
export type GateVerdict = 'pass' | 'wait' | 'stop' | 'unknown'

/** One gate on the way of a change, and how it stands there. */
export interface Gate {
  gate: GateName
  verdict: GateVerdict
  /** Stable: an error code, a waiting reason or a verdict about tags. */
  reason: string
  message: string
  /** Files, lines and keys that led to it. */
  evidence?: readonly string[]
  /** RFC 3339: when a wait ends by itself, if that is known. */
  until?: string
}

/** It stands open. */
export function pass(gate: GateName, reason: string, message: string): Gate {
  return { gate, verdict: 'pass', reason, message }
}

/** Somebody must change something. */
export function stop(gate: GateName, reason: string, message: string): Gate {
  return { gate, verdict: 'stop', reason, message }
}

/** It opens by itself, or by an approval. */
export function wait(gate: GateName, reason: string, message: string): Gate {
  return { gate, verdict: 'wait', reason, message }
}

/** Why the image of one container is (not) changed: the gates up to the first that stops it. */
export interface ContainerExplanation {
  container: string
  /** As it runs now. */
  image: string
  gates: readonly Gate[]
  /** How many tags got which verdict, as far as they were looked at. */
  verdicts?: Readonly<Record<string, number>>
  /** The tags nearest to the choice. */
  candidates?: readonly { tag: string; verdict: string }[]
  /** `namespace/name` of the decision. */
  updateRequest?: string
}

/** Why the images of one workload are (not) changed. */
export interface WorkloadExplanation extends ObjectKey {
  containers: readonly ContainerExplanation[]
}

/** A change as it would be committed now. */
export interface ChangePreview {
  /** `change`: it would be this commit. `settled`: the branch holds it already. `refused`: nothing would be pushed. */
  result: 'change' | 'settled' | 'refused'
  repository: string
  branch: string
  /** Head of the branch that it is planned on; another head gives another commit. */
  base?: string
  /**
   * The commit that would be pushed; signatures are the same every time, so it is known with a signing key too. Absent
   * when the host makes the commit.
   */
  commit?: string
  /** Root tree of that commit. */
  tree?: string
  message?: string
  /** Unified, over all files. */
  diff?: string
  refusal?: { code: string; message: string; evidence: readonly string[] }
}

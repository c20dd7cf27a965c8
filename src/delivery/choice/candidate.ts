import type { Exclusion } from '../../core/image/decision.ts'
import type { ImageReference } from '../../core/image/reference.ts'
import type { UpdateSettings } from '../../core/image/settings.ts'
import type { AppliedTrace } from '../../core/manifest/trace-through.ts'
import type { Destination } from '../destination.ts'

/** The slot that something is chosen for, where it lies, and the settings. */
export interface ChoiceQuestion {
  trace: AppliedTrace
  settings: UpdateSettings
  destination: Destination
  /** Of the traced workload; what says none in Git lands there. */
  namespace: string
}

/** What would be written. */
export interface Candidate {
  image: ImageReference
  tag: string
  digest: string
}

/** Why a candidate must not be chosen. */
export interface Objection {
  verdict: Exclusion
  /** For people. */
  note: string
}

/**
 * A question about one candidate that costs something, so only the one that would be chosen is asked about; undefined
 * lets it pass. Rejects when nobody can say now.
 */
export type CandidateCheck = (candidate: Candidate, question: ChoiceQuestion) => Promise<Objection | undefined>

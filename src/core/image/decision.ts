/** What became of a tag in one selection; the last five are facts that callers bring along. */
export const verdicts = [
  'selected',
  'not-highest',
  'not-newer',
  'outside-policy',
  'prerelease',
  'other-variant',
  'other-scheme',
  'lower-precision',
  'not-a-version',
  'filtered',
  'artifact',
  'too-young',
  'quarantined',
  'held',
  'wrong-platform',
  'unsigned',
] as const

export type Verdict = (typeof verdicts)[number]

/** Verdicts that only the caller can know. */
export type Exclusion = Extract<Verdict, 'too-young' | 'quarantined' | 'held' | 'wrong-platform' | 'unsigned'>

/** Why a selection ended as it did. */
export type DecisionReason = 'selected' | 'no-candidate' | 'current-not-a-version' | 'none' | 'digest'

export interface Candidate {
  tag: string
  verdict: Verdict
}

/** Outcome of a selection. */
export interface Decision {
  /** The tag to go to; null when the current one stays. For reason `digest` it is the current tag, to be pinned. */
  selected: string | null
  reason: DecisionReason
  /** Those nearest to the choice, newest first; or all of them in input order, when asked for. */
  candidates: Candidate[]
  /** How many tags got each verdict; only those that occur. */
  counts: Partial<Record<Verdict, number>>
}

/** Facts about tags from outside the tag list. */
export interface TagFacts {
  /** When images were built, in milliseconds since 1970, for `force` and `newest-build`. */
  builtAt?: ReadonlyMap<string, number>
  /** Tags that must not be chosen, and why. */
  excluded?: ReadonlyMap<string, Exclusion>
  /** The tag in the ImagePolicy's `status.latestRef`, for `imagepolicy`. */
  latest?: string
  /** The digest there, when the ImagePolicy reflects it. */
  latestDigest?: string
}

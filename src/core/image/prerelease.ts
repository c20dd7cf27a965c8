import { type Numeric, readNumeric } from './numeric.ts'

/** How far a version is from its release. `releaseStage` is the release itself. */
export type Stage = 1 | 2 | 3 | 4 | 5 | 6 | 9

/** Above every pre-release. */
export const releaseStage = 9 satisfies Stage

/** Words that mark a pre-release, in the order in which they lead to the release. */
const stages: ReadonlyMap<string, Stage> = new Map([
  ...(['snapshot', 'nightly', 'canary', 'dev', 'next'] as const).map((word) => [word, 1] as const),
  ...(['alpha', 'a'] as const).map((word) => [word, 2] as const),
  ...(['milestone', 'm'] as const).map((word) => [word, 3] as const),
  ...(['beta', 'b'] as const).map((word) => [word, 4] as const),
  ...(['preview', 'pre', 'ea'] as const).map((word) => [word, 5] as const),
  ...(['rc', 'cr'] as const).map((word) => [word, 6] as const),
])

/** One word, then an optional dot and digits. */
const tokenPattern = /^([a-z]+)(?:\.?([0-9]+))?$/i

/** A token that marks a pre-release: its stage and, when there is one, its number. */
export interface StageToken {
  stage: Stage
  number: Numeric | undefined
}

/**
 * Reads a whole token as a pre-release mark (`rc1`, `beta.2`, `SNAPSHOT`). The words of one letter need digits, because
 * they mean other things alone.
 */
export function readStageToken(token: string): StageToken | undefined {
  const match = tokenPattern.exec(token)
  if (match === null) return undefined
  const word = (match[1] ?? '').toLowerCase()
  const stage = stages.get(word)
  if (stage === undefined || (word.length === 1 && match[2] === undefined)) return undefined
  return { stage, number: match[2] === undefined ? undefined : readNumeric(match[2]) }
}

import type { TargetCanary } from './canary.ts'
import { type CountedWorkload, type Progress, rolloutProgress } from './progress.ts'
import type { Workload } from './workload.ts'

/** How far Flagger is with the template of its target. */
export interface CanaryProgress extends Progress {
  /** Flagger gave this template up. */
  failed?: true
  /** Why its time does not count: somebody halts it, it is tried out, or nothing is known about this template. */
  halt?: 'Paused' | 'CanaryRuns' | 'CanarySilent'
}

/** What earlier looks at the Canary tell about the present rollout. Plain data, for one life of the program. */
export interface CanaryMemory {
  /** When the rollout began, Flagger was promoting an older template, and has not begun with this one since. */
  isBehind: boolean
  /** When Flagger first wrote of a failure after the rollout had begun, and has not gone on since. */
  failingMs: number | undefined
}

/** Times of Flagger are whole seconds, and clocks of one cluster may differ a little. */
const slackMs = 2_000

/** What to remember from the look with which a rollout begins. */
export function canaryAtStart({ canary }: Workload): CanaryMemory | undefined {
  return canary && { isBehind: isPromoting(canary), failingMs: undefined }
}

/** What to remember after another look; `known` is undefined when there was none in this life of the program. */
export function rememberCanary(
  known: CanaryMemory | undefined,
  canary: TargetCanary,
  beganMs: number | undefined,
): CanaryMemory {
  const isBehind = known?.isBehind === true && (isPromoting(canary) || canary.phase === 'Succeeded')
  const isFailing = canary.phase === 'Failed' && isAfter(canary.writtenMs, beganMs)
  return { isBehind, failingMs: isFailing ? (known?.failingMs ?? canary.writtenMs) : undefined }
}

/**
 * What the Canary of a workload says about its present template; undefined where there is none, or while it only begins and
 * the target still serves. Flagger scales the target to zero when it does not try it out, so pods tell nothing then.
 *
 * Flagger names the template that its status is about by a hash that nobody else can reckon, so an end counts as being
 * about this one only when it came after the rollout had begun (`beganMs`; undefined for the first sight of a workload). One
 * that was there before is about an older template, or came while nobody looked: it tells nothing.
 */
export function canaryProgress(
  workload: CountedWorkload,
  beganMs?: number | undefined,
  memory?: CanaryMemory | undefined,
): CanaryProgress | undefined {
  const { canary } = workload
  if (canary === undefined) return undefined
  switch (canary.phase) {
    case '':
    case 'Initializing':
      return workload.wanted === 0 ? halted(canary, 'CanarySilent', 'has not begun') : undefined
    case 'Initialized':
    case 'Succeeded':
      return afterSuccess(canary, beganMs, memory)
    case 'Failed':
      return afterFailure(canary, beganMs, memory)
    case 'Progressing':
      return tryingOut(workload, canary)
    case 'Promoting':
    case 'Finalising':
      return halted(canary, 'CanaryRuns', canary.message)
    case 'Waiting':
    case 'WaitingPromotion':
      return halted(canary, 'Paused', canary.message)
    default:
      return halted(canary, 'CanarySilent', 'is in a phase that is not known here')
  }
}

/** A primary with other images says for sure that the end was that of an older template. */
function afterSuccess(canary: TargetCanary, beganMs: number | undefined, memory: CanaryMemory | undefined) {
  const isAbout = beganMs === undefined || (isAfter(canary.sinceMs, beganMs) && memory?.isBehind !== true)
  return canary.isCarried && isAbout ? promoted(canary) : notTakenUp(canary)
}

/**
 * After a failure Flagger notes the template at every look, and does nothing about one that it has promoted before: that is
 * the end of a way back. About another one it has failed when the failure began after the rollout, or when Flagger has
 * looked twice since and still says so: its first look notes the new template right before it tries it out.
 */
function afterFailure(canary: TargetCanary, beganMs: number | undefined, memory: CanaryMemory | undefined) {
  const { isPromoted, isCarried, sinceMs, writtenMs, message } = canary
  if (isPromoted) {
    const isAbout = beganMs === undefined || isAfter(writtenMs, beganMs)
    return isCarried && isAbout ? promoted(canary) : notTakenUp(canary)
  }
  const isGivenUp = beganMs !== undefined && (isAfter(sinceMs, beganMs) || isAfter(writtenMs, memory?.failingMs))
  return isGivenUp ? gaveUp(canary, message || 'its analysis failed') : notTakenUp(canary)
}

/** While its pods do not come up, nothing is tried out, and time counts as for every other rollout. */
function tryingOut(workload: CountedWorkload, canary: TargetCanary): CanaryProgress {
  const { done, message } = rolloutProgress(workload)
  if (done || canary.isSuspended) return halted(canary, 'CanaryRuns', canary.message)
  return { done: false, message: says(canary, message) }
}

/** What serves has its images already: then nothing hangs, and only Flagger can tell whether all is done. */
function notTakenUp(canary: TargetCanary): CanaryProgress {
  if (canary.isCarried) return halted(canary, 'CanarySilent', 'has said nothing about this template')
  const words = 'has not taken up this template'
  return canary.isSuspended ? halted(canary, 'Paused', words) : { done: false, message: says(canary, words) }
}

function isPromoting({ phase }: TargetCanary): boolean {
  return phase === 'Promoting' || phase === 'Finalising'
}

function promoted(canary: TargetCanary): CanaryProgress {
  return { done: true, message: says(canary, 'has promoted this template') }
}

function gaveUp(canary: TargetCanary, words: string): CanaryProgress {
  return { done: false, failed: true, message: says(canary, words) }
}

function halted(canary: TargetCanary, halt: CanaryProgress['halt'] & string, words: string): CanaryProgress {
  return { done: false, halt: canary.isSuspended ? 'Paused' : halt, message: says(canary, words) }
}

function says({ namespace, name, phase, isSuspended }: TargetCanary, words: string): string {
  const said = [phase, isSuspended ? 'suspended' : ''].filter((word) => word !== '').join(', ')
  return `Canary/${namespace}/${name}${said === '' ? '' : ` (${said})`}: ${words}`
}

function isAfter(time: number | undefined, earlier: number | undefined): boolean {
  return time !== undefined && earlier !== undefined && time > earlier + slackMs
}

import type { ReleaseFailure } from '../sync/helm-failure.ts'

/** What the engine says about the configuration that it could not make true, e.g. a HelmRelease with `UpgradeFailed`. */
export interface EngineFailure {
  message: string
  /** The rollouts that it is about began between these two, in milliseconds since 1970; open when the second is undefined. */
  fromMs: number
  untilMs: number | undefined
}

/** Times of Helm are whole seconds, and clocks of one cluster may differ a little. */
const slackMs = 2_000

/** For the workloads of a release that failed; undefined once Helm has taken it back, for then others roll out. */
export function failureOfRelease(release: string, failure: ReleaseFailure | undefined): EngineFailure | undefined {
  if (failure === undefined || failure.isTakenBack) return undefined
  const { reason, message, beganMs, failedMs } = failure
  return { message: `${release} ${reason}: ${message}`, fromMs: beganMs - slackMs, untilMs: failedMs }
}

/** Whether a rollout that began then is one of those that the failure is about; one that nobody saw begin is none. */
export function isAbout(
  failure: EngineFailure | undefined,
  { startedAt }: { startedAt?: string },
): failure is EngineFailure {
  if (failure === undefined) return false
  const beganMs = Date.parse(startedAt ?? '')
  return beganMs >= failure.fromMs && (failure.untilMs === undefined || beganMs < failure.untilMs)
}

import { rfc3339 } from '../../api/condition.ts'
import { objectKey } from '../../api/kubernetes.ts'
import { chartContainer, type UpdateRequest, type WorkloadRollout } from '../../api/update-request.ts'
import type { RolloutState } from '../workload/rollout-state.ts'
import type { Workload } from '../workload/workload.ts'
import { carriesImage, isNewerImage } from './carried-image.ts'
import { sanitiseLine } from './text.ts'

/** A workload as it is now, with its newest rollout as far as it was looked at. */
export interface LiveRollout {
  workload: Pick<Workload, 'revision' | 'containers'> | undefined
  state: RolloutState | undefined
}

/** What has to be known about a change that the engine has applied. */
export interface OutcomeFacts {
  request: UpdateRequest
  /** A younger change of the same slot has been applied, too. */
  isReplaced: boolean
  /** By `Kind/namespace/name`. */
  live: (workload: string) => LiveRollout
  now: Date
}

/**
 * What became of a change that the engine has applied, for every workload of its targets: their templates carry the image
 * or not, and if so, how their rollout stands. What was final stays as it was. Pure.
 */
export function decideRollouts({ request, isReplaced, live, now }: OutcomeFacts): WorkloadRollout[] {
  const before = new Map((request.status?.rollouts ?? []).map((one) => [one.workload, one]))
  const containers = new Map<string, string[]>()
  for (const target of request.spec.targets) {
    const key = objectKey(target)
    containers.set(key, [...(containers.get(key) ?? []), target.container])
  }
  return [...containers].map(([workload, names]) => {
    const known = before.get(workload)
    if (known !== undefined && isFinalRollout(known)) return known
    // The engine waits for the release itself before it says that it has applied it.
    if (names.includes(chartContainer) && isRelease(workload)) return { workload, phase: 'success' }
    const seen = { known, images: wantedImages(live(workload), names), isReplaced, now, ...live(workload) }
    return { workload, ...decideOne(request.spec.change, seen) }
  })
}

/** Another commit took the place of the change before it ran: so it ends for every workload that is not at its end. Pure. */
export function supersedeRollouts({ spec, status }: UpdateRequest, why: string, now: Date): WorkloadRollout[] {
  const before = new Map((status?.rollouts ?? []).map((one) => [one.workload, one]))
  return [...new Set(spec.targets.map(objectKey))].map((workload) => {
    const known = before.get(workload)
    if (known !== undefined && isFinalRollout(known)) return known
    return { workload, phase: 'superseded', message: sanitiseLine(why), ...startOf(known), finishedAt: rfc3339(now) }
  })
}

/** Nothing more is to come for this workload. */
export function isFinalRollout({ phase }: WorkloadRollout): boolean {
  return phase === 'success' || phase === 'failed' || phase === 'superseded'
}

interface SeenWorkload extends LiveRollout {
  known: WorkloadRollout | undefined
  /** Of the containers that the slot decides; one that is not there has none. */
  images: readonly (string | undefined)[]
  isReplaced: boolean
  now: Date
}

function decideOne(change: UpdateRequest['spec']['change'], seen: SeenWorkload): Omit<WorkloadRollout, 'workload'> {
  const { workload, images, known, isReplaced, state, now } = seen
  if (workload === undefined) return { phase: 'waiting', message: 'there is no such workload' }
  const other = images.find((image) => image === undefined || !carriesImage(image, change))
  if (images.every((image) => image !== undefined && carriesImage(image, change))) return standing(workload, state)
  const runs = other === undefined ? 'it has lost a container' : `it runs ${other}`
  // What a rollback leaves behind is newer than what it puts back.
  const isLeft = other !== undefined && carriesImage(other, { to: change.from })
  const isNewer = other !== undefined && !isLeft && isNewerImage(other, change.to)
  const isOver = known?.phase === 'rolling_out' || isReplaced || isNewer
  if (isOver) return { phase: 'superseded', message: sanitiseLine(runs), ...startOf(known), finishedAt: rfc3339(now) }
  return { phase: 'waiting', message: sanitiseLine(`${runs} as yet`) }
}

/** The template carries the image; a state about another template is not the newest yet. */
function standing(
  workload: Pick<Workload, 'revision'>,
  state: RolloutState | undefined,
): Omit<WorkloadRollout, 'workload'> {
  const isAbout = state?.liveRevision === workload.revision && state.revision === workload.revision
  if (state === undefined || !isAbout) return { phase: 'rolling_out' }
  const { phase, reason, message, startedAt, finishedAt } = state
  const times = startedAt === undefined ? {} : { startedAt, ...(finishedAt === undefined ? {} : { finishedAt }) }
  if (phase === 'failed') return { phase, message: sanitiseLine(message), ...times }
  // How many pods are up changes all the time, and is not written down every time.
  return { phase, ...(reason === 'Paused' ? { message: 'the workload is paused' } : {}), ...times }
}

function startOf(known: WorkloadRollout | undefined): Pick<WorkloadRollout, 'startedAt'> {
  return known?.startedAt === undefined ? {} : { startedAt: known.startedAt }
}

function wantedImages({ workload }: LiveRollout, names: readonly string[]): (string | undefined)[] {
  return names.map((name) => workload?.containers.find((one) => one.name === name)?.image)
}

function isRelease(workload: string): boolean {
  return /^(?:HelmRelease|Application)\//.test(workload)
}

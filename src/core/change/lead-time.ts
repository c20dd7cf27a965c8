import type { UpdateRequest } from '../../api/update-request.ts'
import { pushedAtMs } from './carrier.ts'
import { conditionOf, rolledOutCondition } from './rolled-out.ts'

/** Parts of the way of a version from the registry to the pods, in their order; `total` is all of it. */
export const leadTimeSegments = ['registry', 'approval', 'decision', 'sync', 'rollout', 'total'] as const

export type LeadTimeSegment = (typeof leadTimeSegments)[number]

/** Reproducible builds write 1970 or 1980 into their images; there were no images before this. */
const oldestBuildMs = Date.parse('2013-01-01T00:00:00Z')

/**
 * How long each part of the way took, in seconds, for a request whose version runs everywhere:
 *
 * - `registry`: from the build of the image, where its date is known, to the decision (the request's creation)
 * - `approval`: from the decision to the approval, where there was one
 * - `decision`: from there to the commit on the branch: windows, pull request, delivery
 * - `sync`: from the commit to the engine having applied it
 * - `rollout`: from there to the end of the last workload's rollout
 * - `total`: from the decision to that end
 *
 * A part is left out when one of its ends is not known, or when the clocks of those who wrote them down disagree.
 */
export function leadTimes(request: UpdateRequest, builtAtMs?: number): Map<LeadTimeSegment, number> {
  const { status, metadata } = request
  const built = builtAtMs !== undefined && builtAtMs > oldestBuildMs ? builtAtMs : undefined
  const decided = parse(metadata.creationTimestamp)
  const approved = parse(status?.approvedAt)
  const pushed = pushedAtMs(request)
  const applied = timeOf(request, 'Applied')
  const ended = lastEnd(request)
  const parts: [LeadTimeSegment, number | undefined, number | undefined][] = [
    ['registry', built, decided],
    ['approval', decided, approved],
    ['decision', approved ?? decided, pushed],
    ['sync', pushed, applied],
    ['rollout', applied, ended],
    ['total', decided, ended],
  ]
  const known = new Map<LeadTimeSegment, number>()
  for (const [segment, from, to] of parts) {
    if (from !== undefined && to !== undefined && to >= from) known.set(segment, (to - from) / 1000)
  }
  return known
}

/** True when `next` says what `request` did not yet: the version runs everywhere. */
export function hasArrived(request: UpdateRequest, next: UpdateRequest): boolean {
  const ran = (one: UpdateRequest) => conditionOf(one, rolledOutCondition)?.status === 'True'
  return ran(next) && !ran(request)
}

/** Of a workload whose rollout nobody saw there is no time. */
function lastEnd({ status }: UpdateRequest): number | undefined {
  const ends = (status?.rollouts ?? []).map(({ finishedAt }) => parse(finishedAt))
  if (ends.length === 0) return undefined
  return ends.reduce((last, end) => (last === undefined || end === undefined ? undefined : Math.max(last, end)))
}

function timeOf(request: UpdateRequest, type: string): number | undefined {
  const condition = conditionOf(request, type)
  return condition?.status === 'True' ? parse(condition.lastTransitionTime) : undefined
}

function parse(time: string | undefined): number | undefined {
  const at = Date.parse(time ?? '')
  return Number.isNaN(at) ? undefined : at
}

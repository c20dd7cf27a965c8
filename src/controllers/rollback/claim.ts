import { objectKey } from '../../api/kubernetes.ts'
import { sequenceOf, type UpdateRequest } from '../../api/update-request.ts'
import { slotOf } from '../../core/change/claim.ts'
import type { OwnChange } from '../../core/rollback/decide.ts'
import { revisionsWith } from '../../core/rollback/put-back.ts'
import { type ClaimedFailure, hasFailedWith, wantedTemplate } from '../../core/rollback/standing-failure.ts'
import { field } from '../../core/workload/field.ts'
import { FairleadError } from '../../errors.ts'
import { isOwn, type ObserveDeps, ownChange, readLive } from './observe.ts'

export type ClaimDeps = Pick<ObserveDeps, 'cluster' | 'liveWorkload' | 'rollouts' | 'requests' | 'failedRelease'>

/**
 * Asks again, right before the commit, what a rollback that nobody asked for claims: that some target has failed with the
 * very value that is to go, and that what comes back is what ran well there. `RequestInvalid` otherwise: the workload may
 * have got on meanwhile, or somebody else made the request.
 */
export async function requireFailure(request: UpdateRequest, deps: ClaimDeps): Promise<void> {
  const { from, to } = request.spec.change
  const failed = [...new Set(request.spec.targets.map(objectKey))].filter((key) => {
    const containers = containersOf(request, key)
    return containers.some((container) => hasFailedWith(claimOf(request, { key, container }, deps)))
  })
  if (failed.length === 0) {
    throw new FairleadError('RequestInvalid', `no rollout of its targets has failed with ${from} as it stands now`)
  }
  for (const key of failed) if (await ranWell(request, key, deps)) return
  const message = `with ${to} the template of ${failed.join(', ')} is not the one that ran well last`
  throw new FairleadError('RequestInvalid', `${message}; take the change back by hand`)
}

async function ranWell(request: UpdateRequest, key: string, deps: ClaimDeps): Promise<boolean> {
  const workload = deps.liveWorkload(key)
  const containers = containersOf(request, key)
  const wanted = wantedTemplate(claimOf(request, { key, container: containers[0] ?? '' }, deps))
  if (workload === undefined || wanted === undefined) return false
  const { from, to } = request.spec.change
  const template = field((await readLive(workload, deps.cluster)).spec, 'template')
  return revisionsWith(template, { containers, from, to }).includes(wanted)
}

function claimOf(
  request: UpdateRequest,
  { key, container }: { key: string; container: string },
  deps: ClaimDeps,
): ClaimedFailure {
  const { liveWorkload, rollouts, failedRelease } = deps
  const { from } = request.spec.change
  const workload = liveWorkload(key)
  return {
    from,
    runs: workload?.containers.find(({ name }) => name === container)?.image,
    rollout: rollouts.get(key)?.state,
    isTakenBack: workload !== undefined && failedRelease(workload)?.isTakenBack === true,
    noted: changeNoted(request, key, deps),
  }
}

/** What the newest request that brought the value which is to go knows about one of its targets; undefined without one. */
export function changeNoted(
  request: UpdateRequest,
  key: string,
  { requests }: Pick<ClaimDeps, 'requests'>,
): OwnChange | undefined {
  const [brought] = requests
    .ofWorkload(key)
    .filter((one) => slotOf(one) === slotOf(request) && isOwn(one, request.spec.change.from))
    .sort((a, b) => sequenceOf(b) - sequenceOf(a))
  return brought && ownChange(brought, key)
}

function containersOf({ spec }: UpdateRequest, key: string): string[] {
  return spec.targets.filter((target) => objectKey(target) === key).map(({ container }) => container)
}

import { objectKey, resources } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import { chosenReference } from '../../core/image/choice.ts'
import { isReleaseOf } from '../../core/image/quarantine.ts'
import { requireAllowedPath } from '../../core/manifest/allowed-path.ts'
import { digestOf, type ListingDeps } from '../../delivery/choice/listing.ts'
import type { Destination } from '../../delivery/destination.ts'
import { slotSiblings } from '../../delivery/trace/slot-id.ts'
import { asFairleadError } from '../../errors.ts'
import type { Log, OwnObjects, Registry } from '../../ports.ts'
import type { ContainerDecision } from './decide.ts'
import { renderUpdateRequest, type WantedUpdate } from './request.ts'

export interface ProposeDeps extends ListingDeps {
  registry: Registry
  own: OwnObjects
  requests: {
    /** By `namespace/name`. */
    get(key: string): UpdateRequest | undefined
    /** By `siblingKey`. */
    siblings(key: string): readonly UpdateRequest[]
  }
  /** How long a decision waits for its approval. */
  expiryMs: number
  log: Log
}

type Update = Extract<ContainerDecision, { kind: 'update' }>

/** Makes the decision an UpdateRequest, unless it is one already. `RegistryUnavailable` while the tag has no manifest. */
export async function ensureRequest(
  decision: Update,
  wanted: Pick<WantedUpdate, 'workload' | 'facts' | 'destination'>,
  deps: ProposeDeps,
): Promise<UpdateRequest> {
  const { trace, settings } = wanted.facts
  requireAllowedPath(trace.file, wanted.destination.repository.rules.allowPaths)
  const digest = decision.digest ?? (await digestOf({ trace, settings }, decision.tag, deps))
  const request = renderUpdateRequest({
    ...wanted,
    to: chosenReference(trace.image, decision, { policy: settings.policy, digest }),
    digest,
    reason: decision.reason,
    expiryMs: deps.expiryMs,
    siblings: deps.requests.siblings(slotSiblings(wanted.workload.namespace, { ...wanted, trace })),
  })
  const { namespace = '', name } = request.metadata
  const known = deps.requests.get(`${namespace}/${name}`)
  if (known !== undefined && !startsOver(known, digest) && !(await isReleased(known, wanted.destination))) return known
  if (known !== undefined) await deps.own.delete(resources.updateRequest, namespace, name)
  await createOnce(request, deps)
  return request
}

/**
 * A superseded decision that is made again starts over, and so does one that waits while its tag was pushed again: whoever
 * approved it saw something else. Every other end of it is an answer that stays.
 */
function startsOver({ spec, status }: UpdateRequest, digest: string | undefined): boolean {
  const phase = status?.phase ?? 'Pending'
  return phase === 'Superseded' || (phase === 'Pending' && spec.change.digest !== digest)
}

/** It landed, was put back, and somebody released it since: then it is wanted once more. */
async function isReleased({ spec, status }: UpdateRequest, { repository, branch }: Destination): Promise<boolean> {
  if (status?.phase !== 'Completed' || status.commit === undefined) return false
  const { revision } = await repository.git.snapshot(branch, { fresh: false })
  const since = await repository.git.log(status.commit, revision)
  const workloads = new Set(spec.targets.map(objectKey))
  return since.some(({ message }) => isReleaseOf(message, workloads))
}

async function createOnce(request: UpdateRequest, { own, log }: ProposeDeps): Promise<void> {
  try {
    await own.create(resources.updateRequest, request)
  } catch (thrown) {
    // Another pass made the same decision at the same time.
    if (asFairleadError(thrown).code !== 'ApiConflict') throw thrown
    return
  }
  const { change, targets } = request.spec
  const { namespace, name } = request.metadata
  log.info({ request: `${namespace}/${name}`, targets, from: change.from, to: change.to }, 'decided an update')
}

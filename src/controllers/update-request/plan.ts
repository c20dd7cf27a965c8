import { isDeepStrictEqual } from 'node:util'
import { versionLabel } from '../../api/annotation.ts'
import { isAboutChart, isRollback, type UpdateRequest } from '../../api/update-request.ts'
import { requestId } from '../../core/change/claim.ts'
import { type MessageFacts, renderMessage } from '../../core/change/message.ts'
import type { ImageSource } from '../../core/image/image-source.ts'
import { requireAllowedPath } from '../../core/manifest/allowed-path.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import type { Snapshot } from '../../core/manifest/snapshot.ts'
import { type AppliedTrace, planThrough, traceAgain } from '../../core/manifest/trace-through.ts'
import type { ProposedChange } from '../../core/pull-request/proposed-change.ts'
import type { Destination } from '../../delivery/destination.ts'
import type { Plan } from '../../delivery/plan.ts'
import { FairleadError } from '../../errors.ts'

type Change = UpdateRequest['spec']['change']

function actionOf(request: UpdateRequest): 'update' | 'rollback' {
  return isRollback(request) ? 'rollback' : 'update'
}

/** The slot of a request as Git had it when its settings were read. */
export interface PlannedSlot {
  destination: Destination
  trace: AppliedTrace
  /** Of its other targets. */
  others: readonly AppliedTrace[]
  /** Of the first target. */
  namespace: string
  /** What the wanted image says it was built from. */
  source: ImageSource | undefined
}

/**
 * The change on a given head, traced anew: the slot must still be where it was and hold the value the decision started
 * from. `ValueChanged` otherwise; whoever changed it has decided. `PushRejected` when that head says something else about
 * the policies of its targets than what was decided by: then everything is asked again. Pure.
 */
export function planRequest(
  request: UpdateRequest,
  { destination, trace, others, namespace, source }: PlannedSlot,
  words: { template: string; cluster: string },
): (snapshot: Snapshot) => Plan {
  return (snapshot) => {
    const { change } = request.spec
    const found = traceAgain(trace, snapshot)
    if (found.file !== change.path || found.keyPath !== change.keyPath) {
      const message = `the image is decided at ${found.file} ${found.keyPath} now, no more at ${change.path} ${change.keyPath}`
      throw new FairleadError('ValueChanged', message)
    }
    if (found.image === change.to) return { kind: 'settled' }
    if (found.image !== change.from) {
      throw new FairleadError('ValueChanged', `${change.path} holds ${found.image} now, no more ${change.from}`)
    }
    const targets = slotTargets(found, namespace)
    if (!isDeepStrictEqual(targets, slotTargets(trace, namespace))) throw movedPolicy(change, found)
    requireSamePolicy(change, trace, found)
    for (const other of others) requireSamePolicy(change, other, traceAgain(other, snapshot))
    const edits = planThrough(found, change.to)
    for (const { path } of edits) requireAllowedPath(path, destination.repository.rules.allowPaths)
    const facts = messageFacts(request, { cluster: words.cluster, source })
    return { kind: 'change', edits, message: renderMessage(words.template, facts) }
  }
}

/** A hold, a policy or the demand of an approval that came in between counts, whoever was first at the branch. */
function requireSamePolicy(change: Change, before: AppliedTrace, now: AppliedTrace): void {
  if (!isDeepStrictEqual(policyOf(before), policyOf(now))) throw movedPolicy(change, now)
}

/** Without the label that our own commits move. */
function policyOf({ declared: { annotations, labels, patches } }: AppliedTrace) {
  const { [versionLabel]: _, ...lasting } = labels
  return { annotations, labels: lasting, patches }
}

function movedPolicy({ path, branch }: Change, { container }: AppliedTrace): FairleadError {
  const message = `${branch} says something else by now about the policy of container ${container}, decided in ${path}`
  return new FairleadError('PushRejected', `${message}; it is decided again`)
}

function messageFacts(
  request: UpdateRequest,
  { cluster, source }: { cluster: string; source: ImageSource | undefined },
): MessageFacts {
  return { ...changeOf(request), cluster, source }
}

/** A request as it is told in commits and pull requests. */
export function changeOf(request: UpdateRequest): ProposedChange {
  const { change, targets, policy, reason } = request.spec
  const workloads = targets.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`)
  return {
    id: requestId(request),
    action: actionOf(request),
    workloads: [...new Set(workloads)],
    isChart: isAboutChart(request),
    from: change.from,
    to: change.to,
    ...(change.digest === undefined ? {} : { digest: change.digest }),
    policy,
    reason,
  }
}

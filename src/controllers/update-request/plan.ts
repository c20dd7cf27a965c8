import { isAboutChart, type UpdateRequest } from '../../api/update-request.ts'
import { fairleadId, targetId } from '../../core/change/identity.ts'
import { type MessageFacts, renderMessage } from '../../core/change/message.ts'
import { requireAllowedPath } from '../../core/manifest/allowed-path.ts'
import type { Snapshot } from '../../core/manifest/snapshot.ts'
import { type AppliedTrace, planThrough, traceAgain } from '../../core/manifest/trace-through.ts'
import type { Destination } from '../../delivery/destination.ts'
import type { Plan } from '../../delivery/plan.ts'
import { FairleadError } from '../../errors.ts'

/** `Fairlead-Id` of the change an UpdateRequest asks for. */
export function requestId({ spec: { change } }: UpdateRequest): string {
  const { repository, branch, path, keyPath, from, to } = change
  return fairleadId({ target: targetId({ repository, branch, file: path, keyPath }), from, to, action: 'update' })
}

/**
 * The change on a given head, traced anew: the slot must still be where it was and hold the value the decision started
 * from. `ValueChanged` otherwise; whoever changed it has decided. Pure.
 */
export function planRequest(
  request: UpdateRequest,
  { destination, trace }: { destination: Destination; trace: AppliedTrace },
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
    const edits = planThrough(found, change.to)
    for (const { path } of edits) requireAllowedPath(path, destination.repository.rules.allowPaths)
    return { kind: 'change', edits, message: renderMessage(words.template, messageFacts(request, words.cluster)) }
  }
}

function messageFacts(request: UpdateRequest, cluster: string): MessageFacts {
  const { change, targets, policy, reason } = request.spec
  const workloads = targets.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`)
  return {
    id: requestId(request),
    action: 'update',
    workloads: [...new Set(workloads)],
    cluster,
    isChart: isAboutChart(request),
    from: change.from,
    to: change.to,
    ...(change.digest === undefined ? {} : { digest: change.digest }),
    policy,
    reason,
  }
}

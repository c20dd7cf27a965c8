import { finalPhases, type UpdateRequest } from '../../api/update-request.ts'
import { unifiedDiff } from '../../core/change/diff.ts'
import type { ChangePreview } from '../../core/change/gate.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import { type ConfirmDeps, confirmChoice } from './confirm.ts'
import { deliveryOf } from './deliver.ts'
import type { Situation } from './situation.ts'

export interface PreviewDeps extends ConfirmDeps {
  situation: (request: UpdateRequest) => Promise<Situation>
  words: { template: string; cluster: string }
}

/**
 * What carrying a request out would push now: the same questions to registry and Git as for the delivery, the same bytes,
 * and no effect. `NotPending` when it has ended; refusals are part of the answer, transient errors are thrown.
 */
export async function previewRequest(request: UpdateRequest, deps: PreviewDeps): Promise<ChangePreview> {
  const { repository, branch } = request.spec.change
  const { phase, message = '' } = request.status ?? {}
  if (phase !== undefined && finalPhases.includes(phase)) {
    throw new FairleadError('NotPending', `${request.metadata.name} is ${phase}; nothing more is pushed: ${message}`)
  }
  try {
    const { refusal, moved, slot, destination } = await deps.situation(request)
    if (refusal !== undefined) throw refusal
    if (moved !== undefined) throw new FairleadError('ValueChanged', moved)
    if (slot === undefined || destination === undefined) {
      throw new FairleadError('ValueChanged', 'no policy asks for it any more: the workload or its policy is gone')
    }
    const source = await confirmChoice(request, { ...slot, destination }, deps)
    const queue = destination.repository.queue(branch)
    const found = await queue.preview(deliveryOf(request, { destination, slot, source }, deps.words))
    if (found.kind === 'settled') return { result: 'settled', repository, branch, base: found.base }
    const { base, commit, tree, message: words, edits } = found
    const diff = edits.map((edit) => unifiedDiff(edit.path, edit.before, edit.after)).join('')
    const known = commit === undefined ? {} : { commit }
    return { result: 'change', repository, branch, base, ...known, tree, message: words, diff }
  } catch (thrown) {
    const { kind, code, message: why, evidence } = asFairleadError(thrown)
    if (kind !== 'terminal') throw thrown
    return { result: 'refused', repository, branch, refusal: { code, message: why, evidence } }
  }
}

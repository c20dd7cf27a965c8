import { FairleadError } from '../../src/errors.ts'
import type { MergeAnswer, MergeMethod, PullRequests } from '../../src/ports-repository-host.ts'
import {
  type HostState,
  mergeabilityOf,
  mergePull,
  noDemands,
  type StoredPullRequest,
  storedPull,
  unmetDemand,
} from './repository-host-state.ts'

const forbiddenWords: Record<MergeMethod, string> = {
  merge: 'Merge commits are not allowed on this repository.',
  squash: 'Squash merges are not allowed on this repository.',
  rebase: 'Rebase merges are not allowed on this repository.',
}

/** Merges through the port, with the host's answers. `takeScript`: how a test wants the next one to end. */
export function createMerging(
  state: HostState,
  takeScript: () => MergeAnswer | 'lose' | 'drop' | undefined,
): Pick<PullRequests, 'merge' | 'mergeWhenReady'> {
  return {
    async merge(number, order) {
      const pull = storedPull(state, number)
      const script = takeScript()
      if (script === 'drop') throw new FairleadError('HostUnavailable', 'connection reset')
      if (typeof script === 'object' && script.kind !== 'merged') return script
      const refusal = refusalOf(state, pull, order)
      if (refusal !== undefined) return refusal
      const commit = mergePull(state, pull, { ...order, by: state.account })
      if (commit === undefined) return { kind: 'later', words: 'Pull Request is not mergeable' }
      if (script === 'lose') throw new FairleadError('HostUnavailable', 'connection reset')
      if (script?.kind !== 'merged') return { kind: 'merged', commit }
      if (script.commit === undefined && pull.merged !== undefined) pull.merged.commit = undefined
      return script
    },
    async mergeWhenReady(number, order) {
      const pull = storedPull(state, number)
      const demands = state.demands.get(pull.base) ?? noDemands
      if (pull.state !== 'open') return ruledOut('Pull request is closed')
      if (pull.head !== order.head) return moved
      if (state.forbidden.has(order.method)) return ruledOut(forbiddenWords[order.method])
      if (!demands.mergesItself && !demands.queue) return ruledOut('Auto merge is not allowed for this repository')
      if (!demands.mergesItself && unmetDemand(state, pull) !== undefined)
        return ruledOut('Pull request Pull request is in blocked status')
      if (!demands.queue && mergeabilityOf(state, pull) === 'ready')
        return ruledOut('Pull request Pull request is in clean status')
      pull.pending = { ...order, by: state.account }
      return { kind: 'accepted' }
    },
  }
}

const ruledOut = (words: string): MergeAnswer => ({ kind: 'ruled-out', words })
const moved: MergeAnswer = { kind: 'moved', words: 'Head branch was modified. Review and try the merge again.' }

function refusalOf(
  state: HostState,
  pull: StoredPullRequest,
  order: { head: string; method: MergeMethod },
): MergeAnswer | undefined {
  if (pull.state !== 'open') return { kind: 'later', words: 'Pull Request is not mergeable' }
  if (pull.head !== order.head) return moved
  if (state.forbidden.has(order.method)) return { kind: 'forbidden', words: forbiddenWords[order.method] }
  const now = mergeabilityOf(state, pull)
  if (now === 'draft') return ruledOut('Pull Request is still a draft')
  if (state.mayBypass || now === 'conflict' || now === 'ready') return undefined
  if (now === 'behind') return ruledOut('The head branch is not up to date with the base branch')
  return ruledOut(unmetDemand(state, pull) ?? 'Changes must be made through the merge queue')
}

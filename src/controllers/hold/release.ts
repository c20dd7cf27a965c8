import { type HoldReport, renderHoldMessage } from '../../core/change/hold.ts'
import { fairleadId } from '../../core/change/identity.ts'
import type { HoldWish } from '../../core/change/wish.ts'
import { planRelease, requireReleased } from '../../core/manifest/hold-edit.ts'
import { isHold } from '../../core/manifest/hold-place.ts'
import type { Delivery } from '../../delivery/delivery.ts'
import { slotId } from '../../delivery/trace/slot-id.ts'
import { type ObserveDeps, type ObservedWorkload, type QuarantinedSlot, quarantinedSlots } from './observe.ts'
import { reportOf, type WriteDeps, writeChange } from './write.ts'

/**
 * Takes the holds out of the manifest, and lets versions be chosen again that were put back. The commit that does the one
 * does the other as well, on the same branch. Where no file changes it is an empty one, and that goes to the branch in
 * every mode: there is nothing in it to look at, and what is chosen then is decided and proposed like everything else.
 */
export async function releaseWorkload(
  observed: ObservedWorkload,
  wish: HoldWish,
  deps: ObserveDeps & WriteDeps,
): Promise<HoldReport> {
  const quarantined = await quarantinedSlots(observed, deps)
  const released = [...new Set(quarantined.flatMap(({ versions }) => versions.map(({ tag }) => tag)))]
  const held = [...observed.place.holds.values()].join('; ')
  const unheld = await releaseHold(observed, { wish, held }, deps)
  const isTold = (one: QuarantinedSlot) => unheld.result === 'committed' && isThere(one, observed)
  const commit = await liftAll(
    quarantined.filter((one) => !isTold(one)),
    { observed, wish },
    deps,
  )
  if (released.length === 0) return unheld
  const lifted = `${released.join(', ')} may be chosen again`
  const message = unheld.result === 'unchanged' ? lifted : `${unheld.message}; ${lifted}`
  const result = unheld.result === 'unchanged' ? 'committed' : unheld.result
  return { ...unheld, result, message, released, ...(commit === undefined ? {} : { commit }) }
}

async function releaseHold(
  observed: ObservedWorkload,
  { wish, held }: { wish: HoldWish; held: string },
  deps: WriteDeps,
): Promise<HoldReport> {
  const change = { action: 'release', from: held, to: '', plan: planRelease, check: requireReleased } as const
  const words = { committed: `not held any more: ${held}`, unchanged: nothingHolds(observed) }
  // No pull request is needed to say so, nor a host.
  if (observed.mode === 'pull-request' && held === '') {
    requireReleased(observed.place)
    return { ...reportOf(observed, 'release'), result: 'unchanged', message: words.unchanged }
  }
  return writeChange(observed, { change, wish, words }, deps)
}

/** What only the live object says is gone as soon as its engine applies what Git says, or when somebody takes it away. */
function nothingHolds({ workload: { annotations } }: ObservedWorkload): string {
  const live = Object.entries(annotations).find(([key]) => isHold(key))
  if (live === undefined) return 'nothing holds it and nothing is kept away from it'
  return `its manifest does not hold it; only the live object still says ${live[0]}: ${live[1]}`
}

/** On the branch of the manifest. */
function isThere({ slot: { destination } }: QuarantinedSlot, observed: ObservedWorkload): boolean {
  const { repository, branch } = observed.destination
  return destination.repository.url === repository.url && destination.branch === branch
}

/** One empty commit for each branch; the last one's id. */
async function liftAll(
  quarantined: readonly QuarantinedSlot[],
  { observed, wish }: { observed: ObservedWorkload; wish: HoldWish },
  deps: WriteDeps,
): Promise<string | undefined> {
  const branches = new Map<string, QuarantinedSlot>()
  for (const one of quarantined) {
    const { repository, branch } = one.slot.destination
    branches.set(`${repository.url} ${branch}`, one)
  }
  let commit: string | undefined
  for (const one of branches.values()) {
    const { repository, branch } = one.slot.destination
    commit = (await repository.queue(branch).submit(emptyDelivery(one, { observed, wish }, deps))).commit
  }
  return commit
}

function emptyDelivery(
  { slot, versions }: QuarantinedSlot,
  { observed: { workload }, wish: { reason, by } }: { observed: ObservedWorkload; wish: HoldWish },
  { words: { cluster }, clock }: WriteDeps,
): Delivery {
  const from = versions.map(({ tag, commit }) => `${tag} ${commit}`).join(' ')
  const id = fairleadId({ target: slotId(slot), from, to: '', action: 'release' })
  const message = renderHoldMessage({ id, action: 'release', workload, cluster, reason, by })
  return { id, date: clock.now(), plan: () => ({ kind: 'change', edits: [], message, isEmpty: true }) }
}

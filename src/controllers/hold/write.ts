import { type HoldReport, renderHoldMessage, renderHoldTitle } from '../../core/change/hold.ts'
import { fairleadId, targetId } from '../../core/change/identity.ts'
import type { HoldWish } from '../../core/change/wish.ts'
import { requireAllowedPath } from '../../core/manifest/allowed-path.ts'
import { entryOf, planHold, requireHeld } from '../../core/manifest/hold-edit.ts'
import { findHoldPlace, type HoldPlace, holdAnnotation } from '../../core/manifest/hold-place.ts'
import type { FileEdit, Snapshot } from '../../core/manifest/snapshot.ts'
import { withEdits } from '../../core/manifest/snapshot-memo.ts'
import { withBranchSnapshot } from '../../core/manifest/trace-through.ts'
import { entryPath } from '../../core/manifest/yaml/entry.ts'
import { renderKeyPath } from '../../core/manifest/yaml/key-path.ts'
import { holdBranch } from '../../core/pull-request/hold-branch.ts'
import { codeSpan } from '../../core/pull-request/markdown.ts'
import type { Delivery } from '../../delivery/delivery.ts'
import { proposeAlone } from '../../delivery/lone-proposal.ts'
import type { Clock } from '../../ports.ts'
import type { ObservedWorkload } from './observe.ts'

export interface WriteDeps {
  words: { cluster: string }
  clock: Clock
}

/** How one edit of the manifest is planned and held against what comes of it. */
export interface ManifestChange {
  action: HoldReport['action']
  /** What is there to begin with, and what shall be. */
  from: string
  to: string
  plan(place: HoldPlace): readonly FileEdit[]
  /** The place once the edits are made. */
  check(place: HoldPlace): void
}

/** Writes the hold into the manifest, or proposes that. */
export function holdWorkload(observed: ObservedWorkload, wish: HoldWish, deps: WriteDeps): Promise<HoldReport> {
  const { reason } = wish
  const change: ManifestChange = {
    action: 'hold',
    from: observed.place.holds.get(holdAnnotation) ?? '',
    to: reason,
    plan: (place) => planHold(place, reason),
    check: (place) => requireHeld(place, reason),
  }
  const words = { committed: `held: ${reason}`, unchanged: `it is held already: ${reason}` }
  return writeChange(observed, { change, wish, words }, deps)
}

/** Brings a change of the manifest to Git in the way that the mode says. */
export async function writeChange(
  observed: ObservedWorkload,
  { change, wish, words }: { change: ManifestChange; wish: HoldWish; words: { committed: string; unchanged: string } },
  deps: WriteDeps,
): Promise<HoldReport> {
  const { destination, mode } = observed
  const delivery = deliveryOf(observed, change, wish, deps)
  const base = reportOf(observed, change.action)
  if (mode === 'pull-request') {
    const proposed = await proposeAlone({ destination, delivery, ...proposalOf(observed, change, wish, deps) })
    if (proposed === undefined) return { ...base, result: 'unchanged', message: words.unchanged }
    const { number, url } = proposed
    const message = `pull request ${number} is to be merged: ${url}`
    return { ...base, result: 'proposed', message, pullRequest: { number, url } }
  }
  const { kind, commit } = await destination.repository.queue(destination.branch).submit(delivery)
  if (kind === 'settled') return { ...base, result: 'unchanged', message: words.unchanged }
  return { ...base, result: 'committed', message: words.committed, ...(commit === undefined ? {} : { commit }) }
}

/** What every report says. */
export function reportOf(
  { workload: { kind, namespace, name }, destination: { repository, branch }, place }: ObservedWorkload,
  action: HoldReport['action'],
): Omit<HoldReport, 'result' | 'message'> {
  return { kind, namespace, name, action, repository: repository.url, branch, file: place.file }
}

function deliveryOf(
  observed: ObservedWorkload,
  { action, from, to, plan, check }: ManifestChange,
  { reason, by }: HoldWish,
  { words: { cluster }, clock }: WriteDeps,
): Delivery {
  const { workload, applier, place, destination } = observed
  const { repository, branch } = destination
  const keyPath = renderKeyPath(entryPath(entryOf(place, holdAnnotation)))
  const target = targetId({ repository: repository.url, branch, file: place.file, keyPath })
  const id = fairleadId({ target, from, to, action })
  const message = renderHoldMessage({ id, action, workload, cluster, reason, by })
  const placeIn = (snapshot: Snapshot) => findHoldPlace(withBranchSnapshot(applier, place.branch, snapshot), workload)
  return {
    id,
    date: clock.now(),
    plan(snapshot) {
      const found = placeIn(snapshot)
      const edits = plan(found)
      if (edits.length === 0) {
        check(found)
        return { kind: 'settled' }
      }
      for (const { path } of edits) requireAllowedPath(path, repository.rules.allowPaths)
      check(placeIn(withEdits(snapshot, edits)))
      return { kind: 'change', edits, message }
    },
  }
}

function proposalOf(
  { workload, place, destination }: ObservedWorkload,
  { action }: ManifestChange,
  { reason, by }: HoldWish,
  { words: { cluster } }: WriteDeps,
): { branch: string; title: string; body: string } {
  const { repository, branch: base } = destination
  const facts = { action, workload, cluster, repository: repository.url, base }
  const what = action === 'hold' ? `writes \`${holdAnnotation}\` into` : `takes \`${holdAnnotation}\` out of`
  const why = reason === '' ? '' : `\n\nReason: ${codeSpan(reason, 300)}`
  return {
    branch: holdBranch(repository.rules.pullRequest.branchPrefix, facts),
    title: renderHoldTitle({ action, workload }),
    body: `This ${what} ${codeSpan(place.file)}, as ${codeSpan(by)} asked for. Nothing merges it but people.${why}\n`,
  }
}

import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import type { DeclaredPolicy } from '../declared-annotation.ts'
import { leadingField, type Slot } from '../slot/slot.ts'
import type { FileEdit } from '../snapshot.ts'
import { editScalars } from '../yaml/edit.ts'
import { keyPathOf, lineOf, type Place, textOf, whereIs } from '../yaml/place.ts'

/** Where the versions of a chart are listed. */
export type ChartSource =
  /** A Flux source by its name; what it points at is in the cluster. */
  | { kind: 'HelmRepository' | 'OCIRepository'; namespace: string; name: string }
  /** `https://…` with an index, or `oci://…`. */
  | { kind: 'url'; url: string }

/** The one scalar that decides which version of a chart is deployed. */
export interface ChartTrace {
  /** Name in the repository; `''` where the source is the chart itself. */
  chart: string
  source: ChartSource
  version: string
  slot: Slot
  branch: GitBranch
  /** `file:line` of the scalar. */
  where: string
  /** What the object that deploys the chart says about its updates. */
  declared: DeclaredPolicy
  /** Other objects of its kind that deploy the same version because of the same scalar. */
  others: readonly { namespace: string; name: string }[]
}

/** A version as Helm takes it for one, `v` and build metadata included (Masterminds/semver, strict). */
const exact = /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/

/**
 * The slot of a chart's version. `PinnedRevision` when it is missing or a range: then the engine chooses by itself, and
 * there is nothing to change; `Templated` and `NotEditable` for what cannot be changed where it stands. `who` names the
 * object that deploys the chart.
 */
export function chartVersionSlot(
  place: Place | undefined,
  who: string,
): { version: string; slot: Slot; where: string } {
  const version = textOf(place)
  if (place === undefined || version === undefined || version === '') {
    throw new FairleadError('PinnedRevision', `${who} names no chart version: its engine takes the newest by itself.`)
  }
  const where = `${whereIs(place)} ${keyPathOf(place)}`
  if (/\{\{|\$[{(]/.test(version)) {
    throw new FairleadError('Templated', `${where} ${version} holds a placeholder that another tool fills in.`)
  }
  if (!exact.test(version)) {
    const message = `${where} ${JSON.stringify(version)} is no single version: the engine of ${who} chooses by itself`
    throw new FairleadError('PinnedRevision', `${message}; write the version out to have it updated.`, {
      evidence: [whereIs(place)],
    })
  }
  if (place.through !== undefined) {
    throw new FairleadError('NotEditable', `${where} is inherited through ${place.through}; write it out.`)
  }
  const field = { role: 'version' as const, keyPath: keyPathOf(place), value: version, line: lineOf(place) }
  return { version, slot: { file: place.source.file, fields: [field] }, where: whereIs(place) }
}

/**
 * The change that deploys another version of the chart; empty when Git says so already. `UsageInvalid` for a version that
 * is none; the refusals of `editScalars`.
 */
export function planChartVersion({ slot, branch }: Pick<ChartTrace, 'slot' | 'branch'>, to: string): FileEdit[] {
  if (!exact.test(to)) {
    throw new FairleadError('UsageInvalid', `${JSON.stringify(to)} is no chart version, e.g. 1.4.2.`)
  }
  const before = branch.snapshot.text(slot.file)
  if (before === undefined) throw new FairleadError('ValueChanged', `${slot.file} is gone; look again.`)
  const { keyPath, value } = leadingField(slot)
  const after = editScalars(slot.file, before, [{ keyPath, expected: value, value: to }])
  return after === before ? [] : [{ path: slot.file, before, after }]
}

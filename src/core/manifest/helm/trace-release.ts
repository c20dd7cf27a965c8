import { FairleadError } from '../../../errors.ts'
import type { Applier, HelmReleaseApplier } from '../applier.ts'
import { type DeclaredThrough, declaredThrough } from '../declared-through.ts'
import { entrySlot } from '../slot/image-slot.ts'
import { splitImage } from '../slot/image-text.ts'
import { leadingField, type Slot } from '../slot/slot.ts'
import { type BranchTrace, markerBeside, type SlotContainer, type TraceQuery } from '../trace.ts'
import { enterAllMerged, mergedText } from '../yaml/merged.ts'
import { whereIs } from '../yaml/place.ts'
import { imageInValues } from './image-in-values.ts'
import { isSameName } from './image-reading.ts'
import { afterPostRenderers, beforePostRenderers, postRenderers } from './post-render.ts'
import { policyOfRelease } from './release-policy.ts'
import { releaseValues, undeclared, type ValueOrigin } from './release-values.ts'
import { refuseSharedValues } from './shared-values.ts'

/** What decides an image of a release. */
interface Decision {
  image: string
  slot: Slot
  via: string[]
  origin: ValueOrigin
}

/**
 * Finds what decides an image that a HelmRelease deploys: the images of its post-renderers, else the one place in its
 * values that says the live image. The query names a workload of the release, or the release itself. Refusals as in
 * `imageInValues` and `declaredThrough`; `SharedBase` when others take the same values.
 */
export function traceHelmRelease(applier: HelmReleaseApplier, query: TraceQuery): BranchTrace {
  const { declaredBy, namespace, name } = applier
  const { image } = query
  if (declaredBy === undefined) throw undeclared(applier)
  if (image === undefined) {
    const message = `What HelmRelease ${namespace}/${name} deploys is found by the image that runs now; name it with --image REF.`
    throw new FairleadError('UsageInvalid', message)
  }
  const identity = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace, name }
  const declared = declaredThrough(declaredBy, identity)
  const asked = { ...query, image, container: query.container ?? '' }
  const decision = decide(applier, declared, declaredBy, asked)
  const { slot, origin } = decision
  refuseSharedValues(declared, declaredBy, slot.file, origin)
  const leading = leadingField(slot)
  const marker = markerBeside(origin.branch.snapshot, slot.file, leading)
  return {
    root: declaredBy.kind === 'Kustomization' ? declaredBy.folder.path : '',
    query: asked,
    container: asked.container,
    image: decision.image,
    branch: origin.branch,
    slot,
    file: slot.file,
    line: leading.line,
    keyPath: leading.keyPath,
    value: leading.value,
    via: [`${whereIs(declared.manifest)} HelmRelease ${name} deploys it`, ...decision.via],
    containers: containersOf(asked),
    versionLabels: [],
    declared: policyOfRelease(declared),
    ...(marker === undefined ? {} : { marker }),
  }
}

function decide(
  applier: HelmReleaseApplier,
  declared: DeclaredThrough,
  by: Applier,
  query: TraceQuery & { image: string },
): Decision {
  const { isSettled } = applier
  const { branch, merged } = declared
  const renderers = postRenderers(declared.manifest.source.file, merged)
  const { entry, image } = beforePostRenderers(branch.snapshot, renderers, query, isSettled)
  if (entry !== undefined) {
    const decided = afterPostRenderers(renderers, image)
    const via = [`${entry.file}:${entry.line} images entry ${entry.name} of the post-renderers makes it ${decided}`]
    return { image: decided, slot: entrySlot(entry), via, origin: { branch } }
  }
  const { values, unseenOver, originOf } = releaseValues(applier, declared, by)
  const running = query.alongside?.map((one) => one.image)
  const present = { image, isSettled, running, unseenOver, decidedAt: query.decidedAt }
  const found = imageInValues(values, present, `HelmRelease ${applier.namespace}/${applier.name}`)
  const origin = originOf(found.leading)
  const via = [...found.via, ...chartRemarks(declared, origin)]
  return { image: afterPostRenderers(renderers, found.image), slot: found.slot, via, origin }
}

/** source-controller packs a chart from Git again only for another version, unless told otherwise. */
function chartRemarks({ merged }: DeclaredThrough, { chart }: ValueOrigin): string[] {
  const strategy = mergedText(enterAllMerged(merged, 'spec', 'chart', 'spec', 'reconcileStrategy'))
  if (chart === undefined || strategy === 'Revision') return []
  return [
    `the chart ${chart} is packed again only with another version: spec.chart.spec.reconcileStrategy is not Revision`,
  ]
}

/** The traced one first, then those of the release that run the same image. */
export function containersOf(query: TraceQuery & { container: string; image: string }): SlotContainer[] {
  const { kind, namespace, name, container } = query
  const traced = { kind, namespace, name, container }
  const isTraced = (one: SlotContainer) =>
    one.kind === kind && one.namespace === namespace && one.name === name && one.container === container
  const live = splitImage(query.image)
  const same = (query.alongside ?? []).filter((one) => {
    const other = splitImage(one.image)
    return isSameName(other.name, live.name) && other.tag === live.tag && other.digest === live.digest
  })
  const others = same.filter((one) => !isTraced(one))
  return [traced, ...others.map(({ image: _, ...one }) => one)]
}

import { normaliseRepositoryUrl } from '../change/repository-url.ts'
import { type FluxImageAutomation, type FluxImagePolicy, selectsPolicy } from '../sync/flux-image.ts'
import type { FluxSource } from '../sync/flux-object.ts'
import { isWithin } from './repository-path.ts'
import type { SlotMarker } from './slot/slot-marker.ts'

/** Where a slot lies; `repository` is normalised. */
export interface SlotPlace {
  repository: string
  branch: string
  file: string
}

/** The objects of Flux' image automation as they are now; keys are `namespace/name`. */
export interface ImageAutomationObjects {
  policy(key: string): FluxImagePolicy | undefined
  automations(): Iterable<FluxImageAutomation>
  source(key: string): FluxSource | undefined
}

/**
 * The ImageUpdateAutomation that writes to a marked value, and the marker by which it does; suspended ones too, for they
 * can be resumed at any time. By Flux' rules: of the policy's own namespace, on this branch, below its path, for the
 * policies it selects (image-automation-controller, internal/policy and internal/update).
 */
export function findOtherWriter(
  markers: readonly SlotMarker[],
  place: SlotPlace,
  objects: ImageAutomationObjects,
): { automation: FluxImageAutomation; marker: SlotMarker } | undefined {
  for (const automation of objects.automations()) {
    const marker = markers.find((one) => writes(automation, one, objects))
    if (marker !== undefined && reaches(automation, place, objects)) return { automation, marker }
  }
  return undefined
}

function writes(automation: FluxImageAutomation, marker: SlotMarker, objects: ImageAutomationObjects): boolean {
  if (automation.namespace !== marker.namespace) return false
  const policy = objects.policy(`${marker.namespace}/${marker.name}`)
  // Without the policy nothing is written yet, but it would be as soon as there is one.
  return policy === undefined || selectsPolicy(automation, policy.labels)
}

function reaches(automation: FluxImageAutomation, place: SlotPlace, objects: ImageAutomationObjects): boolean {
  const source = objects.source(automation.source)
  if (source === undefined || !isWithin(automation.path, place.file)) return false
  return (
    normaliseRepositoryUrl(source.url) === place.repository && (automation.branch ?? source.branch) === place.branch
  )
}

import { locateMarkers, type Marker } from './marker.ts'
import type { Slot } from './slot.ts'
import type { Snapshot } from './snapshot.ts'

/** A Flux marker beside a field of a slot. */
export interface SlotMarker extends Marker {
  /** `file:line`, for people. */
  where: string
}

/** All markers beside the fields of a slot: what Flux' image automation would write there. */
export function slotMarkers(snapshot: Snapshot, { file, fields }: Slot): SlotMarker[] {
  const keyPaths = new Set(fields.map(({ keyPath }) => keyPath))
  return locateMarkers(file, snapshot.text(file) ?? '')
    .filter(({ keyPath }) => keyPaths.has(keyPath))
    .map(({ marker, line }) => ({ ...marker, where: `${file}:${line}` }))
}

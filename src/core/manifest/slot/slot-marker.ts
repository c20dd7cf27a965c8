import type { Snapshot } from '../snapshot.ts'
import { locateMarkers, type Marker } from './marker.ts'
import type { Slot } from './slot.ts'

/** A Flux marker beside a field of a slot. */
export interface SlotMarker extends Marker {
  /** `file:line`, for people. */
  where: string
}

/**
 * Where a comment of Renovate stands beside a field of a slot, or in the comment right above it: `# renovate: …` makes its
 * custom managers change that line. Undefined when there is none.
 */
export function renovateComment(snapshot: Snapshot, { file, fields }: Slot): string | undefined {
  const lines = (snapshot.text(file) ?? '').split('\n')
  const marked = fields.find(({ line }) => {
    const own = lines[line - 1] ?? ''
    const above = lines[line - 2] ?? ''
    return isRenovate(own.slice(own.indexOf('#'))) || isRenovate(above.trimStart())
  })
  return marked === undefined ? undefined : `${file}:${marked.line}`
}

function isRenovate(comment: string): boolean {
  return /^#+\s*renovate:/.test(comment)
}

/** All markers beside the fields of a slot: what Flux' image automation would write there. */
export function slotMarkers(snapshot: Snapshot, { file, fields }: Slot): SlotMarker[] {
  const keyPaths = new Set(fields.map(({ keyPath }) => keyPath))
  return locateMarkers(file, snapshot.text(file) ?? '')
    .filter(({ keyPath }) => keyPaths.has(keyPath))
    .map(({ marker, line }) => ({ ...marker, where: `${file}:${line}` }))
}

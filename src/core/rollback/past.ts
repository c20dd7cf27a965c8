import type { SlotValue } from '../image/quarantine.ts'

/** What a slot held before, as far as the way back is concerned. */
export interface SlotPast {
  /** Other images than the present one, each once, the newest first. */
  older: readonly string[]
  /** Those of them that a rollback took away. */
  takenBack: readonly string[]
  /** It held the present image before, and another one in between: somebody put it there again. */
  isRepeated: boolean
  /** The commit of fairlead that rolled the present image back, when one did; then it was put there again. */
  rolledBackBy: string | undefined
}

/** Images that are tried: whoever goes further back has changed more than the image. */
const olderLimit = 10

/**
 * Reads it from the values of a slot along the first-parent history, the present one first. The history knows what was
 * rolled back when the request for that is long gone. Pure.
 */
export function slotPast(values: readonly SlotValue[]): SlotPast {
  const present = values[0]?.image
  const change = values.findIndex(({ image }) => image !== present)
  const past = change === -1 ? [] : values.slice(change)
  const older = new Set(past.map(({ image }) => image))
  const isRepeated = present !== undefined && older.delete(present)
  const takenBack = new Set(values.map(({ rolledBack }) => rolledBack))
  return {
    older: [...older].slice(0, olderLimit),
    takenBack: [...older].filter((image) => takenBack.has(image)),
    isRepeated,
    rolledBackBy: past.find(({ rolledBack }) => rolledBack !== undefined && rolledBack === present)?.commit,
  }
}

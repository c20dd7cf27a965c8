import { isFields, listAt, textAt } from '../json.ts'

/** A condition before its times are known. */
export interface ConditionFacts {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
}

/** Flux' conditions after a change: `set` replaces by type, `drop` removes; a time moves only when a status changes. */
export function changeConditions(
  object: unknown,
  { set, drop = [] }: { set: readonly ConditionFacts[]; drop?: readonly string[] },
  observedGeneration: number,
): unknown[] {
  const old = listAt(object, 'status', 'conditions').filter(isFields)
  const types = new Set([...drop, ...set.map((condition) => condition.type)])
  const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z')
  const changed = set.map((condition) => {
    const before = old.find((one) => one['type'] === condition.type)
    const same = before !== undefined && before['status'] === condition.status
    return { ...condition, observedGeneration, lastTransitionTime: same ? textAt(before, 'lastTransitionTime') : now }
  })
  return [...changed, ...old.filter((one) => !types.has(String(one['type'])))]
}

/** The condition of one type, or undefined. */
export function findCondition(object: unknown, type: string): unknown {
  return listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === type)
}

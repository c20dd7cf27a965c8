import { valueAt } from '../json.ts'
import { badRequest } from './api-failure.ts'
import type { ApiObject } from './object.ts'

export type Predicate = (object: ApiObject) => boolean

/** Label selector as in a query: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Rejects what it cannot read with 400. */
export function parseLabelSelector(text: string): Predicate {
  const requirements = splitOutsideParentheses(text).map(parseRequirement)
  return (object) => requirements.every((holds) => holds(object.metadata.labels ?? {}))
}

/** Field selector: `metadata.name=web,status.phase!=Running`; any field path is allowed. */
export function parseFieldSelector(text: string): Predicate {
  const requirements = splitOutsideParentheses(text).map((part) => {
    const match = /^([\w.]+)\s*(!=|==|=)\s*(.*)$/.exec(part)
    if (match === null) throw badRequest(`unable to parse field selector "${part}"`)
    const [, path = '', operator, wanted] = match
    return (object: ApiObject) => {
      const found = valueAt(object, ...path.split('.'))
      return (String(found ?? '') === wanted) === (operator !== '!=')
    }
  })
  return (object) => requirements.every((holds) => holds(object))
}

function splitOutsideParentheses(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function parseRequirement(part: string): (labels: Record<string, string>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(part)
  if (set !== null) {
    const [, key = '', operator, list = ''] = set
    const values = list.split(',').map((value) => value.trim())
    return (labels) => {
      const value = labels[key]
      return (value !== undefined && values.includes(value)) === (operator === 'in')
    }
  }
  const equality = /^([^\s=!]+)\s*(!=|==|=)\s*(\S*)$/.exec(part)
  if (equality !== null) {
    const [, key = '', operator, wanted] = equality
    return (labels) => (labels[key] === wanted) === (operator !== '!=')
  }
  const presence = /^(!?)\s*([^\s=!()]+)$/.exec(part)
  if (presence === null) throw badRequest(`unable to parse requirement: "${part}"`)
  const [, not, key = ''] = presence
  return (labels) => Object.hasOwn(labels, key) === (not === '')
}

/** One demand of a selector; `values` is empty where only the key counts. */
export interface Requirement {
  key: string
  operator: 'in' | 'notin' | 'exists' | 'missing'
  values: readonly string[]
}

const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/
const equality = /^([^\s=!]+)\s*(==?|!=)\s*([^\s=!]*)$/
const presence = /^(!?)\s*([^\s=!<>(),]+)$/

/**
 * The requirements of a selector text as Kubernetes and kustomize read it: `a=b, c!=d, e in (f, g), h notin (i), j, !k`.
 * Undefined when it is of another form (also `>` and `<`, which nobody uses for labels of workloads).
 */
export function parseSelector(text: string): Requirement[] | undefined {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim())
  const requirements = parts.filter((part) => part !== '').map(requirementOf)
  return requirements.some((one) => one === undefined) ? undefined : requirements.filter((one) => one !== undefined)
}

/** Do these labels (or annotations) meet all requirements? Without the key, `!=` and `notin` are met. */
export function meets(requirements: readonly Requirement[], labels: ReadonlyMap<string, string>): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = labels.get(key)
    if (operator === 'exists') return value !== undefined
    if (operator === 'missing') return value === undefined
    const isIn = value !== undefined && values.includes(value)
    return operator === 'in' ? isIn : !isIn
  })
}

function requirementOf(part: string): Requirement | undefined {
  const [, setKey, setOperator, list] = set.exec(part) ?? []
  if (setKey !== undefined) {
    const values = (list ?? '').split(',').map((value) => value.trim())
    return { key: setKey, operator: setOperator === 'in' ? 'in' : 'notin', values }
  }
  const [, key, operator, value = ''] = equality.exec(part) ?? []
  if (key !== undefined) return { key, operator: operator === '!=' ? 'notin' : 'in', values: [value] }
  const [, not, name] = presence.exec(part) ?? []
  return name === undefined ? undefined : { key: name, operator: not === '!' ? 'missing' : 'exists', values: [] }
}

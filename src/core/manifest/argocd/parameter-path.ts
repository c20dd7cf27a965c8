import type { KeyStep } from '../yaml/key-path.ts'

/**
 * The steps that a Helm parameter's name means: dots separate keys, `[0]` is a list position, a backslash takes the next
 * character as it is (Helm's strvals). Undefined for a name that Helm refuses.
 */
export function parameterSteps(name: string): KeyStep[] | undefined {
  const steps: KeyStep[] = []
  const token = /((?:\\.|[^.[\]\\])+)|\[(\d{1,5})\]/gy
  let at = 0
  while (at < name.length) {
    if (name[at] === '.' && at > 0) at += 1
    token.lastIndex = at
    const match = token.exec(name)
    if (match === null) return undefined
    at = token.lastIndex
    steps.push(match[1] === undefined ? Number(match[2]) : match[1].replace(/\\(.)/g, '$1'))
  }
  return steps.length === 0 ? undefined : steps
}

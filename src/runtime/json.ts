/** A text as JSON; undefined when it is none. For answers and files whose absence of JSON is told by what reads them. */
export function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

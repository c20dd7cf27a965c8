/** The facts that there are: what is undefined is left out, so that an absent field is absent in JSON and in types. */
export function knownFacts<T extends object>(facts: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const known = Object.entries(facts).filter(([, fact]) => fact !== undefined)
  return Object.fromEntries(known) as { [Name in keyof T]?: Exclude<T[Name], undefined> }
}

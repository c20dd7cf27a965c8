/** What Kubernetes takes as names; anything else could lead to another path of the API server, with our rights. */
export function areNames(...names: readonly string[]): boolean {
  return names.every((name) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name))
}

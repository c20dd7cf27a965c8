/** Removes the entries that were added first. */
export function dropOldest<T>(map: Map<string, T>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return
    map.delete(key)
  }
}

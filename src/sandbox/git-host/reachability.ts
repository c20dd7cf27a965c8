import { commitAt, folderMode, type ObjectStore, parseTree, submoduleMode } from './git-object.ts'

/** All commits reachable from `starts`, not going below `boundary`. Ids that are not here are left out. */
export function reachableCommits(
  store: ObjectStore,
  starts: Iterable<string>,
  boundary: ReadonlySet<string> = new Set(),
): Set<string> {
  const seen = new Set<string>()
  const stack = [...starts]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const commit = seen.has(id) ? undefined : commitAt(store, id)
    if (commit === undefined) continue
    seen.add(id)
    if (!boundary.has(id)) stack.push(...commit.parents)
  }
  return seen
}

/** Smallest distance of each commit from `starts`, which count as 1, as far as `limit`. */
export function commitDepths(store: ObjectStore, starts: Iterable<string>, limit: number): Map<string, number> {
  const depths = new Map<string, number>()
  let level = [...starts]
  for (let depth = 1; depth <= limit && level.length > 0; depth += 1) {
    const next: string[] = []
    for (const id of level) {
      const commit = depths.has(id) ? undefined : commitAt(store, id)
      if (commit === undefined) continue
      depths.set(id, depth)
      next.push(...commit.parents)
    }
    level = next
  }
  return depths
}

/** Ids of a tree and all in it are added to `into`; what is there already is not walked again. */
export function collectTree(store: ObjectStore, tree: string, into: Set<string>): void {
  const object = into.has(tree) ? undefined : store.get(tree)
  if (object === undefined) return
  into.add(tree)
  for (const { mode, id } of parseTree(object.bytes)) {
    if (mode === folderMode) collectTree(store, id, into)
    else if (mode !== submoduleMode) into.add(id)
  }
}

/** First id that `starts` need and neither `incoming` nor `known` has; undefined when everything is there. */
export function findMissing(incoming: ObjectStore, starts: Iterable<string>, known: ObjectStore): string | undefined {
  const seen = new Set<string>()
  const stack = [...starts]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id) || known.has(id)) continue
    seen.add(id)
    const object = incoming.get(id)
    if (object === undefined) return id
    if (object.type === 'tree') {
      stack.push(
        ...parseTree(object.bytes)
          .filter((entry) => entry.mode !== submoduleMode)
          .map((entry) => entry.id),
      )
    }
    if (object.type === 'tag') stack.push(object.bytes.toString('latin1', 7, 47))
    const commit = object.type === 'commit' ? commitAt(incoming, id) : undefined
    if (commit !== undefined) stack.push(commit.tree, ...commit.parents)
  }
  return undefined
}

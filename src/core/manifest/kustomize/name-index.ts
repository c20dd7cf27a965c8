import type { Snapshot } from '../snapshot.ts'
import { createFileMemo, createSnapshotMemo, type SnapshotChange } from '../snapshot-memo.ts'
import type { Build, BuildSource } from './build.ts'

/**
 * Names that stand after a `name:` key of a text, but for those that open a list item (containers, ports, variables).
 * A quick look without parsing: it may name too much, and misses names with escapes or aliases.
 */
export function declaredNames(text: string): Set<string> {
  const names = new Set<string>()
  for (let at = text.indexOf('name'); at !== -1; at = text.indexOf('name', at + 4)) {
    if (!opensKey(text, at)) continue
    valueAfter.lastIndex = at
    const name = valueAfter.exec(text)?.[1]
    if (name !== undefined) names.add(name)
  }
  return names
}

const valueAfter = /name["']?[ \t]*:\s*(?:[&!]\S+\s+)*["']?([A-Za-z0-9._-]+)/y

function opensKey(text: string, at: number): boolean {
  let before = at - 1
  if (text[before] === '"' || text[before] === "'") before -= 1
  if (before >= 0 && !' \t\n\r{,'.includes(text[before] ?? '')) return false
  while (text[before] === ' ' || text[before] === '\t') before -= 1
  return text[before] !== '-'
}

/** The name as a manifest must have it so that the layers make the live one; undefined when they cannot. */
export function writtenName(source: BuildSource, live: string): string | undefined {
  let name = live
  for (const { namePrefix, nameSuffix } of source.layers.toReversed()) {
    const fits = name.length > namePrefix.length + nameSuffix.length
    if (!fits || !name.startsWith(namePrefix) || !name.endsWith(nameSuffix)) return undefined
    name = name.slice(namePrefix.length, name.length - nameSuffix.length)
  }
  return name
}

/** The name in the cluster of an object that is written with this name. */
export function liveName(source: BuildSource, written: string): string {
  return source.layers.reduce((name, { namePrefix, nameSuffix }) => namePrefix + name + nameSuffix, written)
}

/** Questions about a root that are answered by searching: tracing one image and looking at its change are two. */
const searches = 2
/** By root; counted on from commit to commit. */
const asked = createSnapshotMemo<number>(() => undefined)

interface NameIndex {
  build: Build
  /** By live name. */
  sources: Map<string, BuildSource[]>
}

/** By root; true until another build takes its place or a file declares other names than before. */
const indexes = createSnapshotMemo<NameIndex>((known, change) => {
  if ([...change.paths].some((path) => changesNames(change, path))) known.clear()
})

function changesNames({ before, after }: SnapshotChange, path: string): boolean {
  const [old, now] = [before, after].map((snapshot) => declaredNames(snapshot.text(path) ?? ''))
  return old?.size !== now?.size || [...(old ?? [])].some((name) => now?.has(name) !== true)
}

const names = createFileMemo<ReadonlySet<string>>()

function namesIn(snapshot: Snapshot, file: string): ReadonlySet<string> {
  return names(snapshot, file, () => declaredNames(snapshot.text(file) ?? ''))
}

/**
 * Sources that seem to declare an object with this live name. The first questions about a root are answered by
 * searching the texts; with more of them an index pays.
 */
export function likelySources(snapshot: Snapshot, build: Build, live: string): readonly BuildSource[] {
  const questions = asked(snapshot).get(build.root) ?? 0
  if (questions >= searches) return indexOf(snapshot, build).get(live) ?? []
  asked(snapshot).set(build.root, questions + 1)
  return possibleSources(snapshot, build, live)
    .filter(({ text, name }) => declaredNames(text).has(name))
    .map(sourceOf)
}

/** Sources whose text holds the name anywhere; nothing that is written plainly is missed. */
export function allSources(snapshot: Snapshot, build: Build, live: string): readonly BuildSource[] {
  return possibleSources(snapshot, build, live).map(sourceOf)
}

interface Possible {
  source: BuildSource
  text: string
  name: string
}

function possibleSources(snapshot: Snapshot, build: Build, live: string): Possible[] {
  return build.sources.flatMap((source) => {
    const name = writtenName(source, live)
    const text = snapshot.text(source.file) ?? ''
    return name !== undefined && text.includes(name) ? [{ source, text, name }] : []
  })
}

function sourceOf({ source }: Possible): BuildSource {
  return source
}

function indexOf(snapshot: Snapshot, build: Build): Map<string, BuildSource[]> {
  const known = indexes(snapshot).get(build.root)
  if (known?.build === build) return known.sources
  const index = new Map<string, BuildSource[]>()
  for (const source of build.sources) {
    for (const name of namesIn(snapshot, source.file)) {
      const live = liveName(source, name)
      const sources = index.get(live)
      if (sources === undefined) index.set(live, [source])
      else sources.push(source)
    }
  }
  indexes(snapshot).set(build.root, { build, sources: index })
  return index
}

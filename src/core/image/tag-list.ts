import type { TagFilter } from './filter.ts'
import { isTag } from './reference.ts'
import { isCommitToken } from './variant.ts'
import { createSuffixReader, readVersion, type Version } from './version.ts'

/** What a tag is before any policy looks at it. */
export type TagState = 'tag' | 'artifact' | 'filtered' | 'not-a-tag'

/** The tags of one image repository, each read once for all policies. */
export interface TagList {
  /** As the registry lists them. */
  readonly tags: readonly string[]
  /** What policies see of them: the tag, or what a filter extracts from it. */
  readonly texts: readonly string[]
  readonly states: readonly TagState[]
  readonly versions: readonly (Version | undefined)[]
  /** Lengths of the commits among the tags, by what stands before them; numbers of such a length are commits too. */
  readonly commits: CommitLengths
}

export type CommitLengths = ReadonlyMap<string, ReadonlySet<number>>

/** Tags between two yields; a few milliseconds of work. */
const batch = 1000

/** Runs a generator to its end without a pause, for the command line and for tests. */
export function runToEnd<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** Reads all tags at once; never throws. */
export function createTagList(tags: readonly string[]): TagList {
  return runToEnd(parsingTags(tags))
}

/** Reads all tags, yielding every few milliseconds so that a caller can let others run. Never throws. */
export function* parsingTags(tags: readonly string[]): Generator<void, TagList, void> {
  const states: TagState[] = []
  const reader = createListReader()
  for (let index = 0; index < tags.length; index++) {
    const tag = tags[index] ?? ''
    const state = readState(tag)
    states.push(state)
    reader.add(state === 'tag' ? tag : undefined)
    if (index % batch === batch - 1) yield
  }
  return { tags, texts: tags, states, ...reader.finish() }
}

/**
 * The list as a policy with this filter sees it. What is extracted is read as a version only when the policy compares
 * versions. Yields like `parsingTags`.
 */
export function* filteringTags(
  list: TagList,
  filter: TagFilter,
  comparesVersions: boolean,
): Generator<void, TagList, void> {
  const texts: string[] = []
  const states: TagState[] = []
  const reader = createListReader()
  const reads = filter.extracts && comparesVersions
  for (let index = 0; index < list.tags.length; index++) {
    const tag = list.tags[index] ?? ''
    const state = list.states[index] ?? 'not-a-tag'
    const text = state === 'tag' ? filter.apply(tag) : undefined
    texts.push(text ?? tag)
    states.push(state === 'tag' && text === undefined ? 'filtered' : state)
    if (reads) reader.add(text)
    if (index % batch === batch - 1) yield
  }
  if (!filter.extracts) return { ...list, states }
  return { tags: list.tags, texts, states, ...reader.finish() }
}

/** The tags that a policy with this filter may see. */
export function passingTags({ tags, states }: TagList, filter: TagFilter | undefined): string[] {
  return tags.filter(
    (tag, index) => states[index] === 'tag' && (filter === undefined || filter.apply(tag) !== undefined),
  )
}

function readState(tag: string): TagState {
  if (!isTag(tag)) return 'not-a-tag'
  return isArtifactTag(tag) ? 'artifact' : 'tag'
}

/** The version that a text is among the others of a list; undefined when it is none, or a commit there. */
export function readInList(text: string, list: TagList): Version | undefined {
  const version = isTag(text) && !isArtifactTag(text) ? readVersion(text) : undefined
  return version === undefined || isCommitNumber(version, list.commits) ? undefined : version
}

const artifactPattern = /^sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?$/

/** Whether a tag only carries the signature, attestation or SBOM of another image. */
export function isArtifactTag(tag: string): boolean {
  return tag.length >= 71 && artifactPattern.test(tag)
}

/** A number of seven or more digits that is no date, where commits of that length stand beside it, is one too. */
function isCommitNumber({ precision, date, digits, prefix }: Version, commits: CommitLengths): boolean {
  return precision === 1 && digits >= 7 && date === '' && (commits.get(prefix)?.has(digits) ?? false)
}

/** Reads texts one by one, in order, and settles at the end which of them are commits. */
function createListReader() {
  const versions: (Version | undefined)[] = []
  const commits = new Map<string, Set<number>>()
  const doubtful: number[] = []
  const readSuffix = createSuffixReader()
  return {
    add(text: string | undefined): void {
      const version = text === undefined || text.length > 128 ? undefined : readVersion(text, readSuffix)
      if (version === undefined && text !== undefined) noteCommit(text, commits)
      if (version?.precision === 1 && version.digits >= 7) doubtful.push(versions.length)
      versions.push(version)
    },
    finish(): Pick<TagList, 'versions' | 'commits'> {
      for (const index of doubtful) {
        const version = versions[index]
        if (version !== undefined && isCommitNumber(version, commits)) versions[index] = undefined
      }
      return { versions, commits }
    },
  }
}

/** Remembers the first part of a tag that is a commit, by what stands before it. */
function noteCommit(text: string, commits: Map<string, Set<number>>): void {
  let start = 0
  for (let end = 0; end <= text.length; end++) {
    const code = end === text.length ? 45 : text.charCodeAt(end)
    if (code !== 45 && code !== 46 && code !== 95) continue
    if (isCommitToken(text, start, end)) {
      const prefix = text.slice(0, start)
      const lengths = commits.get(prefix)
      if (lengths === undefined) commits.set(prefix, new Set([end - start]))
      else lengths.add(end - start)
      return
    }
    start = end + 1
  }
}

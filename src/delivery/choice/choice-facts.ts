import { type Choice, type ChoiceFacts, chooseImage, followsDigest } from '../../core/image/choice.ts'
import type { Exclusion, TagFacts } from '../../core/image/decision.ts'
import { tagsNotNewer } from '../../core/image/newer.ts'
import type { ImageReference } from '../../core/image/reference.ts'
import { readSlotReference } from '../../core/image/slot-reference.ts'
import type { TagList } from '../../core/image/tag-list.ts'
import { FairleadError } from '../../errors.ts'
import type { ImageRepository, Registry } from '../../ports.ts'
import type { BuildDateSource } from '../../runtime/build-date-source.ts'
import { imageKey, type TagSource } from '../../runtime/tag-source.ts'
import { readBuildDates } from './build-date.ts'
import type { Candidate, CandidateCheck, ChoiceQuestion, Objection } from './candidate.ts'
import { type OtherWriters, readLatest, requireSoleWriter } from './image-policy.ts'
import { type ListingDeps, listingOf } from './listing.ts'
import type { QuarantineReader } from './quarantine.ts'

export interface ChoiceFactsDeps extends Pick<ListingDeps, 'chartSources'> {
  tags: TagSource
  registry: Registry
  otherWriters: OtherWriters
  buildDates: BuildDateSource
  quarantine: QuarantineReader
  /** In the order in which they are asked. */
  checks: readonly CandidateCheck[]
}

/** Candidates that are asked about in one look; where so many are refused, an older one is hardly wanted. */
const candidateLimit = 20

/** While it is gathered: what speaks against candidates is added. */
interface Gathered extends ChoiceFacts {
  facts: TagFacts & { excluded: Map<string, Exclusion> }
  digests: Map<string, string>
  refusedDigests: Map<string, Exclusion>
  notes: Map<string, string>
}

/**
 * Everything that `chooseImage` needs to know, asked from the registry and from Git. A decision and its confirmation
 * right before the commit both ask here, so they cannot disagree about anything but the world. What costs something is
 * asked only about what would be chosen: the history first, then each check; what is objected to is excluded and the next
 * candidate is asked about. `OtherWriter` when Flux writes the slot, `RegistryUnavailable` while something that decides
 * is not known.
 */
export async function gatherChoiceFacts(question: ChoiceQuestion, deps: ChoiceFactsDeps): Promise<ChoiceFacts> {
  const known = await readFacts(question, deps)
  if (choose(question, known).kind !== 'update') return known
  await excludeQuarantined(known, question, deps)
  // A chart is no image: nothing more can be asked about its versions.
  if (question.trace.chart !== undefined) return known
  const image = readSlotReference(question.trace.image, question.settings.policy)
  for (let asked = 1; ; asked++) {
    const candidate = await candidateOf(choose(question, known), image, deps.registry)
    if (candidate !== undefined) known.digests.set(candidate.tag, candidate.digest)
    const objection = candidate && (await askChecks(candidate, question, deps.checks))
    if (candidate === undefined || objection === undefined) return known
    exclude(known, candidate, objection, image)
    if (asked === candidateLimit) return { ...known, gaveUp: objection.verdict }
  }
}

async function readFacts(question: ChoiceQuestion, deps: ChoiceFactsDeps): Promise<Gathered> {
  const { trace, settings } = question
  const image = readSlotReference(trace.image, settings.policy)
  requireSoleWriter(question, deps.otherWriters)
  const latest = readLatest(image, question, deps.otherWriters)
  const tags = await listTags(listingOf(question, deps), latest.latest, deps)
  const presentDigest = followsDigest(settings) ? await deps.registry.digest(image, image.tag ?? 'latest') : undefined
  const dates = await readBuildDates(image, settings.policy, { tags, dates: deps.buildDates })
  const facts = { ...dates, ...latest, excluded: new Map() }
  const answers = { digests: new Map(), refusedDigests: new Map(), notes: new Map(), gaveUp: undefined }
  return { tags, presentDigest, facts, ...answers }
}

function choose({ trace, settings }: ChoiceQuestion, known: ChoiceFacts): Choice {
  return chooseImage(settings, trace.image, known)
}

async function excludeQuarantined(known: Gathered, question: ChoiceQuestion, deps: ChoiceFactsDeps): Promise<void> {
  const { policy } = question.settings
  for (const { tag, digest, by, commit } of await deps.quarantine(question, known.facts)) {
    known.notes.set(tag, `commit ${commit.slice(0, 10)} replaced it with ${by}`)
    if (digest !== undefined) {
      known.refusedDigests.set(digest, 'quarantined')
      continue
    }
    for (const other of tagsNotNewer(policy, tag, known.tags, known.facts)) {
      known.facts.excluded.set(other, 'quarantined')
      if (other !== tag)
        known.notes.set(other, `commit ${commit.slice(0, 10)} replaced ${tag}, which is newer, with ${by}`)
    }
  }
}

function exclude(known: Gathered, { tag, digest }: Candidate, objection: Objection, image: ImageReference): void {
  if (tag === (image.tag ?? 'latest')) known.refusedDigests.set(digest, objection.verdict)
  else known.facts.excluded.set(tag, objection.verdict)
  known.notes.set(tag, objection.note)
}

/** Undefined when nothing is chosen, or when it has no manifest (yet), which is said where the digest is needed. */
async function candidateOf(choice: Choice, image: ImageReference, registry: Registry): Promise<Candidate | undefined> {
  if (choice.kind !== 'update') return undefined
  const digest = choice.digest ?? (await registry.digest(image, choice.tag))
  return digest === undefined ? undefined : { image, tag: choice.tag, digest }
}

async function askChecks(
  candidate: Candidate,
  question: ChoiceQuestion,
  checks: readonly CandidateCheck[],
): Promise<Objection | undefined> {
  for (const ask of checks) {
    const objection = await ask(candidate, question)
    if (objection !== undefined) return objection
  }
  return undefined
}

/** The list that is here, unless it is older than a tag that is known to be there. */
async function listTags(
  image: ImageRepository,
  expected: string | undefined,
  { tags }: ChoiceFactsDeps,
): Promise<TagList> {
  const known = tags.get(image)
  if (known === undefined || (expected !== undefined && !known.tags.includes(expected))) await tags.refresh(image)
  const list = tags.get(image)
  if (list !== undefined) return list
  throw tags.failure(image) ?? new FairleadError('RegistryUnavailable', `no tags of ${imageKey(image)} are known yet`)
}

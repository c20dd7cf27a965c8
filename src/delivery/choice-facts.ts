import { type Choice, type ChoiceFacts, chooseImage, followsDigest } from '../core/image/choice.ts'
import type { Exclusion } from '../core/image/decision.ts'
import { type ImageReference, parseImageReference } from '../core/image/reference.ts'
import type { TagList } from '../core/image/tag-list.ts'
import { FairleadError } from '../errors.ts'
import type { Registry } from '../ports.ts'
import type { TagSource } from '../runtime/tag-source.ts'
import type { Candidate, ChoiceQuestion, Gate, Objection } from './gate.ts'

export interface ChoiceFactsDeps {
  tags: TagSource
  registry: Registry
  /** In the order in which they are asked. */
  gates: readonly Gate[]
}

/** Candidates that are asked about in one look; where so many are refused, an older one is hardly wanted. */
const candidateLimit = 20

/**
 * Everything that `chooseImage` needs to know, asked from the registry. A decision and its confirmation right before
 * the commit both ask here, so they cannot disagree about anything but the world. What a gate objects to is excluded and
 * the next candidate is asked about. `RegistryUnavailable` while something that decides is not known.
 */
export async function gatherChoiceFacts(question: ChoiceQuestion, deps: ChoiceFactsDeps): Promise<ChoiceFacts> {
  const { trace, settings } = question
  const image = parseImageReference(trace.image)
  const tags = await listTags(image, deps)
  const presentDigest = followsDigest(settings) ? await deps.registry.digest(image, image.tag ?? 'latest') : undefined
  const excluded = new Map<string, Exclusion>()
  const refusedDigests = new Map<string, Exclusion>()
  const notes = new Map<string, string>()
  const known: ChoiceFacts = { tags, presentDigest, facts: { excluded }, refusedDigests, notes, gaveUp: undefined }
  for (let asked = 1; ; asked++) {
    const candidate = await candidateOf(chooseImage(settings, trace.image, known), image, deps.registry)
    const objection = candidate && (await askGates(candidate, question, deps.gates))
    if (candidate === undefined || objection === undefined) return known
    if (candidate.tag === (image.tag ?? 'latest')) refusedDigests.set(candidate.digest, objection.verdict)
    else excluded.set(candidate.tag, objection.verdict)
    notes.set(candidate.tag, objection.note)
    if (asked === candidateLimit) return { ...known, gaveUp: objection.verdict }
  }
}

/** Undefined when nothing is chosen, or when it has no manifest (yet), which is said where the digest is needed. */
async function candidateOf(choice: Choice, image: ImageReference, registry: Registry): Promise<Candidate | undefined> {
  if (choice.kind !== 'update') return undefined
  const digest = choice.digest ?? (await registry.digest(image, choice.tag))
  return digest === undefined ? undefined : { image, tag: choice.tag, digest }
}

async function askGates(
  candidate: Candidate,
  question: ChoiceQuestion,
  gates: readonly Gate[],
): Promise<Objection | undefined> {
  for (const ask of gates) {
    const objection = await ask(candidate, question)
    if (objection !== undefined) return objection
  }
  return undefined
}

async function listTags(image: ImageReference, { tags }: ChoiceFactsDeps): Promise<TagList> {
  if (tags.get(image) === undefined) await tags.refresh(image)
  const list = tags.get(image)
  if (list !== undefined) return list
  throw tags.failure(image) ?? new FairleadError('RegistryUnavailable', `no tags of ${image.name} are known yet`)
}

import type { Decision, Exclusion, TagFacts, Verdict } from './decision.ts'
import type { Policy } from './policy.ts'
import { selectTag } from './select.ts'
import type { UpdateSettings } from './settings.ts'
import { readSlotReference, slotReferenceWith } from './slot-reference.ts'
import type { TagList } from './tag-list.ts'

/** What is chosen by. */
export type ChoiceSettings = Pick<UpdateSettings, 'policy' | 'pinDigest'>

/** All that is known about the tags a slot can go to. */
export interface ChoiceFacts {
  tags: TagList
  /** What the present tag points to now, where that matters. */
  presentDigest: string | undefined
  facts: TagFacts
  /** What candidates that were asked about point to, by tag: the digest that passed is the one to be written. */
  digests: ReadonlyMap<string, string>
  /** Digests of the present tag that must not be chosen, and why. */
  refusedDigests: ReadonlyMap<string, Exclusion>
  /** For people: what is behind an exclusion, by tag. */
  notes: ReadonlyMap<string, string>
  /** Set when so many candidates were refused that no other was asked about. */
  gaveUp: Exclusion | undefined
}

/** What a policy makes of an image reference and the tags there are. */
export type Choice =
  | {
      kind: 'update'
      tag: string
      /** Known where the digest is what was chosen, or where the candidate was asked about. */
      digest: string | undefined
      /** The reference to be written carries the digest. */
      isPinned: boolean
      reason: string
      verdicts: Decision
    }
  | { kind: 'none'; reason: string; verdicts: Decision }

/** True where what a tag points to is followed, not only its name. */
export function followsDigest({ policy, pinDigest }: ChoiceSettings): boolean {
  return pinDigest || policy.kind === 'digest' || policy.kind === 'force'
}

/** Chooses for a reference as it stands in Git, of an image or of a chart. */
export function chooseImage(settings: ChoiceSettings, image: string, known: ChoiceFacts): Choice {
  const present = readSlotReference(image, settings.policy)
  const tag = present.tag ?? 'latest'
  const verdicts = selectTag(settings.policy, tag, known.tags, { facts: known.facts })
  if (known.gaveUp !== undefined) return nothing(known.gaveUp, verdicts)
  if (verdicts.selected !== null && verdicts.selected !== tag) {
    const digest = settings.policy.kind === 'imagepolicy' ? known.facts.latestDigest : undefined
    // Where the digest is followed it would be pinned by the next look anyway.
    const isPinned = followsDigest(settings) || present.digest !== undefined || digest !== undefined
    return {
      kind: 'update',
      tag: verdicts.selected,
      digest: digest ?? known.digests.get(verdicts.selected),
      isPinned,
      reason: verdicts.reason,
      verdicts,
    }
  }
  const digest = followsDigest(settings) ? known.presentDigest : reflectedDigest(settings.policy, tag, known)
  if (digest === undefined || digest === present.digest) {
    return nothing(verdicts.reason === 'selected' ? 'no-candidate' : verdicts.reason, verdicts)
  }
  const refused = known.refusedDigests.get(digest)
  if (refused !== undefined) return nothing(refused, withVerdict(verdicts, tag, refused))
  const chosen = withVerdict(verdicts, tag, 'selected')
  return { kind: 'update', tag, digest, isPinned: true, reason: 'digest', verdicts: chosen }
}

function nothing(reason: string, verdicts: Decision): Choice {
  return { kind: 'none', reason, verdicts: { ...verdicts, selected: null } }
}

/** An ImagePolicy may say which digest of its tag it means. */
function reflectedDigest({ kind }: Policy, tag: string, { facts }: ChoiceFacts): string | undefined {
  return kind === 'imagepolicy' && facts.latest === tag ? facts.latestDigest : undefined
}

/** The decision with another verdict for one tag, which is shown first. */
export function withVerdict(decision: Decision, tag: string, verdict: Verdict): Decision {
  const old = decision.candidates.find((one) => one.tag === tag)?.verdict
  const others = decision.candidates.filter((one) => one.tag !== tag)
  const counts = { ...decision.counts }
  if (old !== undefined) {
    counts[old] = (counts[old] ?? 1) - 1
    if (counts[old] === 0) delete counts[old]
    counts[verdict] = (counts[verdict] ?? 0) + 1
  }
  return { ...decision, counts, candidates: [{ tag, verdict }, ...others] }
}

/** The chosen reference, in the style in which the present one is written: pinned stays pinned. */
export function chosenReference(
  image: string,
  { tag, isPinned }: { tag: string; isPinned: boolean },
  { policy, digest }: { policy: Policy; digest: string | undefined },
): string {
  return slotReferenceWith(readSlotReference(image, policy), policy, { tag, digest: isPinned ? digest : undefined })
}

import type { Decision } from './decision.ts'
import type { Policy } from './policy.ts'
import { parseImageReference, withTag } from './reference.ts'
import { selectTag } from './select.ts'
import type { TagList } from './tag-list.ts'

/** What a policy makes of an image reference and the tags there are. */
export type Choice =
  | { kind: 'update'; tag: string; digest: string | undefined; reason: string; verdicts: Decision }
  | { kind: 'none'; reason: string }

/** True for policies that follow what a tag points to, not only its name. */
export function followsDigest(policy: Policy): boolean {
  return policy.kind === 'digest' || policy.kind === 'force'
}

/** Chooses for a reference as it stands in Git. `presentDigest` is what its tag points to now, if that matters. */
export function chooseImage(
  policy: Policy,
  image: string,
  { tags, presentDigest }: { tags: TagList; presentDigest: string | undefined },
): Choice {
  const present = parseImageReference(image)
  const tag = present.tag ?? 'latest'
  const verdicts = selectTag(policy, tag, tags)
  if (verdicts.selected !== null && verdicts.selected !== tag) {
    return { kind: 'update', tag: verdicts.selected, digest: undefined, reason: verdicts.reason, verdicts }
  }
  if (followsDigest(policy) && presentDigest !== undefined && presentDigest !== present.digest) {
    return { kind: 'update', tag, digest: presentDigest, reason: 'digest', verdicts }
  }
  return { kind: 'none', reason: verdicts.reason === 'selected' ? 'no-candidate' : verdicts.reason }
}

/** The chosen reference, in the style in which the present one is written: pinned stays pinned. */
export function chosenReference(image: string, choice: { tag: string; digest: string | undefined }, digest: string) {
  const present = parseImageReference(image)
  const isPinned = present.digest !== undefined || choice.digest !== undefined
  return withTag(present, choice.tag, isPinned ? digest : undefined)
}

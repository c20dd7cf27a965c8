import type { TagFacts } from '../../core/image/decision.ts'
import type { Policy } from '../../core/image/policy.ts'
import type { ImageReference } from '../../core/image/reference.ts'
import { passingTags, type TagList } from '../../core/image/tag-list.ts'
import { FairleadError } from '../../errors.ts'
import type { BuildDateSource } from '../../runtime/build-date-source.ts'

/** Tags whose dates can be asked for in reasonable time. */
const tagLimit = 1000

/**
 * Dates for the policies that go by them; nothing for others. For `force`, dates are a wish: where there are too many
 * tags, or none for the present one, it goes by versions. `PolicyInvalid` where `newest-build` cannot work, and
 * `RegistryUnavailable` until all dates are known, for nothing is chosen from a part of them.
 */
export async function readBuildDates(
  image: ImageReference,
  policy: Policy,
  { tags, dates }: { tags: TagList; dates: BuildDateSource },
): Promise<Pick<TagFacts, 'builtAt'>> {
  if (policy.kind !== 'newest-build' && policy.kind !== 'force') return {}
  const present = image.tag ?? 'latest'
  const candidates = passingTags(tags, policy.filter)
  if (candidates.length > tagLimit) return withoutDates(policy, tooMany(candidates.length))
  // Registries list in rising order as a rule, so the newest are asked first.
  const ordered = [present, ...candidates.filter((tag) => tag !== present).reverse()]
  const { builtAt, missing, retryAfterMs } = await dates.read(image, ordered)
  if (missing > 0) {
    const message = `${image.name}: build dates of ${missing} of ${ordered.length} tags are not known yet; they are asked for little by little`
    throw new FairleadError('RegistryUnavailable', message, { retryAfterMs })
  }
  const isListed = tags.tags.includes(present)
  if (isListed && !builtAt.has(present)) return withoutDates(policy, undated(present))
  return { builtAt }
}

function withoutDates(policy: Policy, problem: string): Pick<TagFacts, 'builtAt'> {
  if (policy.kind === 'force') return {}
  throw new FairleadError('PolicyInvalid', `policy newest-build: ${problem}`)
}

function tooMany(count: number): string {
  return `${count} tags pass, and at most ${tagLimit} can be asked for their dates; narrow them with a filter`
}

function undated(tag: string): string {
  return `the present tag ${tag} does not say when it was built, so nothing is known to be newer`
}

import type { UpdateRequest } from '../../api/update-request.ts'
import { chooseImage, chosenReference, followsDigest } from '../../core/image/choice.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { UpdateSettings } from '../../core/image/settings.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import { FairleadError } from '../../errors.ts'
import type { Registry } from '../../ports.ts'
import type { TagSource } from '../../runtime/tag-source.ts'

export interface ConfirmDeps {
  tags: TagSource
  registry: Registry
}

/**
 * Asks again what the policy chooses, right before the commit: the reference and the digest must be those of the
 * request, which may be old, hand-made or approved for something that was pushed over since. `ValueChanged` otherwise,
 * and `RegistryUnavailable` while the registry does not say.
 */
export async function confirmChoice(
  request: UpdateRequest,
  { trace, settings }: { trace: Trace; settings: UpdateSettings },
  deps: ConfirmDeps,
): Promise<void> {
  const { from, to, digest } = request.spec.change
  // Settled or changed by somebody: the plan on the newest head says which.
  if (trace.image !== from) return
  const wanted = (await chosen(trace.image, settings, deps)) ?? (await chosenAnew(trace.image, settings, deps))
  if (wanted === undefined) throw new FairleadError('ValueChanged', `the policy chooses nothing for ${from} any more`)
  if (wanted.to !== to) throw new FairleadError('ValueChanged', `the policy chooses ${wanted.to} now, not ${to}`)
  if (wanted.digest !== digest) {
    const message = `${to} was pushed again: it is ${wanted.digest} now, and the decision was about ${digest ?? 'none'}`
    throw new FairleadError('ValueChanged', message)
  }
}

/** The list that is here may be older than the tag. */
async function chosenAnew(image: string, settings: UpdateSettings, deps: ConfirmDeps) {
  await deps.tags.refresh(parseImageReference(image))
  return chosen(image, settings, deps)
}

async function chosen(image: string, settings: UpdateSettings, { tags, registry }: ConfirmDeps) {
  const present = parseImageReference(image)
  if (tags.get(present) === undefined) await tags.refresh(present)
  const list = tags.get(present)
  if (list === undefined) {
    throw tags.failure(present) ?? new FairleadError('RegistryUnavailable', `no tags of ${present.name} are known yet`)
  }
  const { policy } = settings
  const presentDigest = followsDigest(policy) ? await registry.digest(present, present.tag ?? 'latest') : undefined
  const choice = chooseImage(policy, image, { tags: list, presentDigest })
  if (choice.kind !== 'update') return undefined
  const digest = choice.digest ?? (await registry.digest(present, choice.tag))
  if (digest === undefined) {
    await tags.refresh(present)
    throw new FairleadError(
      'RegistryUnavailable',
      `${present.name}:${choice.tag} is listed, but has no manifest (any more)`,
    )
  }
  return { to: chosenReference(image, choice, digest), digest }
}

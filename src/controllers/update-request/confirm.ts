import type { UpdateRequest } from '../../api/update-request.ts'
import { chooseImage, chosenReference } from '../../core/image/choice.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { ChoiceQuestion } from '../../delivery/candidate.ts'
import { type ChoiceFactsDeps, gatherChoiceFacts } from '../../delivery/choice-facts.ts'
import { FairleadError } from '../../errors.ts'

/**
 * Asks again what the policy chooses, right before the commit: the reference and the digest must be those of the
 * request, which may be old, hand-made or approved for something that was pushed over since. `ValueChanged` otherwise,
 * and `RegistryUnavailable` while the registry does not say.
 */
export async function confirmChoice(
  request: UpdateRequest,
  question: ChoiceQuestion,
  deps: ChoiceFactsDeps,
): Promise<void> {
  const { from, to, digest } = request.spec.change
  // Settled or changed by somebody: the plan on the newest head says which.
  if (question.trace.image !== from) return
  const wanted = (await chosen(question, deps)) ?? (await chosenAnew(question, deps))
  if (wanted === undefined) throw new FairleadError('ValueChanged', `the policy chooses nothing for ${from} any more`)
  if (wanted.to !== to) throw new FairleadError('ValueChanged', `the policy chooses ${wanted.to} now, not ${to}`)
  if (wanted.digest !== digest) {
    const message = `${to} was pushed again: it is ${wanted.digest} now, and the decision was about ${digest ?? 'none'}`
    throw new FairleadError('ValueChanged', message)
  }
}

/** The list that is here may be older than the tag. */
async function chosenAnew(question: ChoiceQuestion, deps: ChoiceFactsDeps) {
  await deps.tags.refresh(parseImageReference(question.trace.image))
  return chosen(question, deps)
}

async function chosen(question: ChoiceQuestion, deps: ChoiceFactsDeps) {
  const { image } = question.trace
  const choice = chooseImage(question.settings, image, await gatherChoiceFacts(question, deps))
  if (choice.kind !== 'update') return undefined
  const present = parseImageReference(image)
  const digest = choice.digest ?? (await deps.registry.digest(present, choice.tag))
  if (digest === undefined) {
    await deps.tags.refresh(present)
    throw new FairleadError(
      'RegistryUnavailable',
      `${present.name}:${choice.tag} is listed, but has no manifest (any more)`,
    )
  }
  return { to: chosenReference(image, choice, digest), digest }
}

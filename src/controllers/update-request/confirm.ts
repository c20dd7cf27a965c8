import { isAboutChart, isRollback, type UpdateRequest } from '../../api/update-request.ts'
import { chartAt } from '../../core/image/chart-place.ts'
import { chooseImage, chosenReference } from '../../core/image/choice.ts'
import type { ImageSource } from '../../core/image/image-source.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { ChoiceQuestion } from '../../delivery/choice/candidate.ts'
import { type ChoiceFactsDeps, gatherChoiceFacts } from '../../delivery/choice/choice-facts.ts'
import { digestOf, listingOf } from '../../delivery/choice/listing.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { ManifestSource } from '../../runtime/manifest-source.ts'
import { type ConfirmRollbackDeps, confirmRollback } from './confirm-rollback.ts'

export interface ConfirmDeps extends ChoiceFactsDeps, ConfirmRollbackDeps {
  manifests: Pick<ManifestSource, 'source'>
}

/**
 * Asks again what the policy chooses, right before the commit: the reference and the digest must be those of the
 * request, which may be old, hand-made or approved for something that was pushed over since. `ValueChanged` otherwise,
 * and `RegistryUnavailable` while the registry does not say. Gives what the image says it was built from, which is part
 * of the commit: unless it is known, there is none.
 */
export async function confirmChoice(
  request: UpdateRequest,
  question: ChoiceQuestion,
  deps: ConfirmDeps,
): Promise<ImageSource | undefined> {
  const source = askSource(request, deps.manifests)
  // Whether the choice still stands comes first; that it failed is said below.
  source.catch(() => undefined)
  await (isRollback(request) ? confirmRollback(request, question, deps) : requireChosen(request, question, deps))
  return source
}

/** A chart is built from many things, or does not say. */
async function askSource(
  request: UpdateRequest,
  manifests: ConfirmDeps['manifests'],
): Promise<ImageSource | undefined> {
  const { to, digest } = request.spec.change
  if (digest === undefined || isAboutChart(request)) return undefined
  try {
    return await manifests.source(parseImageReference(to), digest)
  } catch (thrown) {
    const error = asFairleadError(thrown)
    // It was chosen by this digest: a registry that does not have it yet, or any more, will say so of the tag too.
    if (error.code !== 'RegistryNotFound') throw error
    throw new FairleadError('RegistryUnavailable', error.message, { cause: error })
  }
}

async function requireChosen(request: UpdateRequest, question: ChoiceQuestion, deps: ChoiceFactsDeps): Promise<void> {
  const { from, to, digest } = request.spec.change
  // Settled or changed by somebody: the plan on the newest head says which.
  if (question.trace.image !== from) return
  await relistCharts(question, deps)
  const wanted = (await chosen(question, deps)) ?? (await chosenAnew(question, deps))
  if (wanted === undefined) throw new FairleadError('ValueChanged', `the policy chooses nothing for ${from} any more`)
  if (wanted.to !== to) throw new FairleadError('ValueChanged', `the policy chooses ${wanted.to} now, not ${to}`)
  if (wanted.digest !== digest) {
    const message = `${to} was pushed again: it is ${wanted.digest ?? 'none'} now, and the decision was about ${digest ?? 'none'}`
    throw new FairleadError('ValueChanged', message)
  }
}

/** Of a chart that an index lists nothing else tells whether the version is still there. */
async function relistCharts(question: ChoiceQuestion, deps: ChoiceFactsDeps): Promise<void> {
  const listing = listingOf(question, deps)
  if (chartAt(listing)?.type !== 'http') return
  await deps.tags.refresh(listing)
  const failure = deps.tags.failure(listing)
  if (failure !== undefined) throw failure
}

/** The list that is here may be older than the tag. */
async function chosenAnew(question: ChoiceQuestion, deps: ChoiceFactsDeps) {
  await deps.tags.refresh(listingOf(question, deps))
  return chosen(question, deps)
}

async function chosen(question: ChoiceQuestion, deps: ChoiceFactsDeps) {
  const { trace, settings } = question
  const choice = chooseImage(settings, trace.image, await gatherChoiceFacts(question, deps))
  if (choice.kind !== 'update') return undefined
  const digest = choice.digest ?? (await servedDigest(question, choice.tag, deps))
  return { to: chosenReference(trace.image, choice, { policy: settings.policy, digest }), digest }
}

/** What is listed and not served may be gone; then the list is too old. */
async function servedDigest(question: ChoiceQuestion, tag: string, deps: ChoiceFactsDeps): Promise<string | undefined> {
  try {
    return await digestOf(question, tag, deps)
  } catch (thrown) {
    await deps.tags.refresh(listingOf(question, deps))
    throw thrown
  }
}

import type { TagFacts } from '../../core/image/decision.ts'
import { type ImageReference, parseImageReference } from '../../core/image/reference.ts'
import { findOtherWriter, type ImageAutomationObjects } from '../../core/manifest/other-writer.ts'
import { renovateComment, slotMarkers } from '../../core/manifest/slot/slot-marker.ts'
import type { ArgoApplication } from '../../core/sync/argo-application.ts'
import { type ArgoImageUpdater, applicationWriter } from '../../core/sync/argo-image-updater.ts'
import { FairleadError } from '../../errors.ts'
import type { ChoiceQuestion } from './candidate.ts'

/** The other writers there are now. */
export interface OtherWriters extends ImageAutomationObjects {
  application(key: string): ArgoApplication | undefined
  imageUpdaters(): Iterable<ArgoImageUpdater>
}

/**
 * Refuses what somebody else writes, too: two writers of one value would never come to rest. `OtherWriter` for Flux' image
 * automation, Argo CD Image Updater, Kargo, and a comment that gives the line to Renovate.
 */
export function requireSoleWriter(question: ChoiceQuestion, objects: OtherWriters): void {
  requireNoAutomation(question, objects)
  const { trace } = question
  const renovate = renovateComment(trace.branch.snapshot, trace.slot)
  if (renovate !== undefined) {
    const message = `Renovate changes ${renovate} too, by the comment "# renovate:" beside it`
    throw new FairleadError('OtherWriter', `${message}; remove the comment, or the policy`)
  }
  const { applier } = trace
  const application =
    applier.kind === 'Application' ? objects.application(`${applier.namespace}/${applier.name}`) : undefined
  if (application === undefined) return
  const { labels = {}, annotations = {} } = application.object.metadata
  const writer = applicationWriter({ ...application, labels, annotations }, trace.image, objects.imageUpdaters())
  if (writer !== undefined) throw new FairleadError('OtherWriter', `${writer}; let only one of them change it`)
}

function requireNoAutomation({ trace, destination }: ChoiceQuestion, objects: ImageAutomationObjects): void {
  const place = { repository: destination.repository.url, branch: destination.branch, file: trace.file }
  const other = findOtherWriter(slotMarkers(trace.branch.snapshot, trace.slot), place, objects)
  if (other === undefined) return
  const { automation, marker } = other
  const name = `ImageUpdateAutomation ${automation.namespace}/${automation.name}${automation.isSuspended ? ' (suspended)' : ''}`
  const message = `${name} writes ${marker.where} too, by its marker for ${marker.namespace}:${marker.name}`
  throw new FairleadError('OtherWriter', `${message}; delete the automation, or remove the marker`)
}

/**
 * For the policy `imagepolicy`: what the Flux ImagePolicy of the slot's marker has chosen. `PolicyInvalid` when there is
 * no marker or no such policy, or when it is about another image.
 */
export function readLatest(
  image: ImageReference,
  { trace, settings }: ChoiceQuestion,
  objects: ImageAutomationObjects,
): Pick<TagFacts, 'latest' | 'latestDigest'> {
  if (settings.policy.kind !== 'imagepolicy') return {}
  const markers = slotMarkers(trace.branch.snapshot, trace.slot)
  const marker = markers.find(({ part }) => part === 'reference' || part === 'tag')
  if (marker === undefined) {
    const where = `${trace.file}:${trace.line} ${trace.keyPath}`
    throw invalid(`${where} has no marker # {"$imagepolicy": "namespace:name"} that says which one; add it`)
  }
  const key = `${marker.namespace}/${marker.name}`
  const policy = objects.policy(key)
  if (policy === undefined) throw invalid(`${marker.where} follows ImagePolicy ${key}, which is not there`)
  const { latest } = policy
  if (latest === undefined) return {}
  const chosen = parseImageReference(latest.name)
  if (chosen.registry !== image.registry || chosen.repository !== image.repository) {
    throw invalid(`${marker.where} holds ${image.name}, but ImagePolicy ${key} is about ${latest.name}`)
  }
  return { latest: latest.tag, ...(latest.digest === undefined ? {} : { latestDigest: latest.digest }) }
}

function invalid(problem: string): FairleadError {
  return new FairleadError('PolicyInvalid', `policy imagepolicy: ${problem}`)
}

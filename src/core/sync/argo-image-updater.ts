import type { KubernetesObject } from '../../api/kubernetes.ts'
import { globMatcher } from '../image/glob.ts'
import { parseImageReference } from '../image/reference.ts'
import { field, list, strings, text } from '../workload/field.ts'

/** The parts of an ImageUpdater of Argo CD Image Updater 1.x that tell which images of which Applications it writes. */
export interface ArgoImageUpdater {
  namespace: string
  name: string
  references: readonly {
    /** Glob of the Applications' names. */
    pattern: string
    labels: Readonly<Record<string, string>>
    /** Image names as written, perhaps with a constraint behind a colon. */
    images: readonly string[]
    /** The Applications' own annotations say which images. */
    useAnnotations: boolean
  }[]
}

/** An Application as far as other writers choose it. */
export interface WrittenApplication {
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
}

/** Reads an ImageUpdater; never throws. */
export function readImageUpdater({ metadata, spec }: KubernetesObject): ArgoImageUpdater {
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    references: list(field(spec, 'applicationRefs')).map((reference) => ({
      pattern: text(reference, 'namePattern') ?? '',
      labels: strings(field(field(reference, 'labelSelectors'), 'matchLabels')),
      images: list(field(reference, 'images')).map((one) => text(one, 'imageName') ?? ''),
      useAnnotations: field(reference, 'useAnnotations') === true,
    })),
  }
}

const imageList = 'argocd-image-updater.argoproj.io/image-list'
const authorizedStage = 'kargo.akuity.io/authorized-stage'

/**
 * Who else changes an image of an Application, in words; undefined when nobody is known to. Image Updater writes what its
 * ImageUpdater names, or the annotation `image-list` that older ones read; Kargo what it is authorized for.
 */
export function applicationWriter(
  application: WrittenApplication,
  image: string,
  updaters: Iterable<ArgoImageUpdater>,
): string | undefined {
  const { annotations } = application
  const who = `Application/${application.namespace}/${application.name}`
  const stage = annotations[authorizedStage]
  if (stage !== undefined) return `Kargo promotes to ${who} (annotation ${authorizedStage}: ${stage})`
  const annotated = names(annotations[imageList] ?? '', image)
  if (annotated) return `Argo CD Image Updater writes images of ${who} (annotation ${imageList})`
  for (const updater of updaters) {
    if (updater.namespace !== application.namespace) continue
    const reference = updater.references.find(
      (one) => chooses(one, application) && one.images.some((written) => isSameImage(written, image)),
    )
    if (reference !== undefined) return `ImageUpdater/${updater.namespace}/${updater.name} writes images of ${who}`
  }
  return undefined
}

function chooses(
  { pattern, labels }: ArgoImageUpdater['references'][number],
  application: WrittenApplication,
): boolean {
  return (
    matchesGlob(pattern, application.name) &&
    Object.entries(labels).every(([key, value]) => application.labels[key] === value)
  )
}

/** A pattern that is none may mean anything, so it counts. */
function matchesGlob(pattern: string, name: string): boolean {
  try {
    return globMatcher(pattern)(name)
  } catch {
    return true
  }
}

/** `alias=image:constraint, …` */
function names(entries: string, image: string): boolean {
  return entries.split(',').some((entry) => isSameImage(entry.trim().replace(/^[^=]*=/, ''), image))
}

function isSameImage(written: string, image: string): boolean {
  try {
    // What stands behind the colon is a constraint, and no tag.
    const name = written.replace(/:[^:/]*$/, '')
    const [one, other] = [parseImageReference(name), parseImageReference(image)]
    return one.registry === other.registry && one.repository === other.repository
  } catch {
    return false
  }
}

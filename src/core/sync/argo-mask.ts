import type { KubernetesObject } from '../../api/kubernetes.ts'
import { carriesImage, type WantedImage } from '../change/carried-image.ts'
import { sanitiseLine } from '../change/text.ts'
import { isSameName } from '../manifest/helm/image-reading.ts'
import { splitImage } from '../manifest/slot/image-text.ts'
import { field, list, text } from '../workload/field.ts'
import type { Sync } from './sync-state.ts'

/**
 * The state of an Application whose own spec says another image than Git's files: what it applies is masked, for images
 * and parameters in the spec beat the files (`argocd app set`, or an image updater that writes there). Of the parameters
 * only whole references can be told.
 */
export function withMask(sync: Sync, application: KubernetesObject, wanted: WantedImage): Sync {
  const mask = sync.state === 'applied' ? maskOf(application, wanted) : undefined
  if (mask === undefined) return sync
  const message = `spec of the Application says ${sanitiseLine(mask)}, which beats what the files in Git say; remove it there`
  return { ...sync, state: 'blocked', reason: 'MaskedByOverride', message }
}

function maskOf({ spec }: KubernetesObject, wanted: WantedImage): string | undefined {
  const sources = [field(spec, 'source'), ...list(field(spec, 'sources'))]
  const images = sources.flatMap((source) => list(field(field(source, 'kustomize'), 'images')))
  const parameters = sources.flatMap((source) => list(field(field(source, 'helm'), 'parameters')))
  const whole = parameters.map((one) => text(one, 'value') ?? '').filter((value) => splitImage(value).tag !== '')
  return [...images.filter((one) => typeof one === 'string'), ...whole].find((entry) => masks(entry, wanted))
}

/** An entry is `name=other:tag`, or a reference alone; one without tag and digest leaves the version to the files. */
function masks(entry: string, wanted: WantedImage): boolean {
  const [name = '', replacement = name] = entry.split('=')
  const { tag, digest } = splitImage(replacement)
  if (tag === '' && digest === '') return false
  return isSameName(splitImage(name).name, splitImage(wanted.to).name) && !carriesImage(replacement, wanted)
}

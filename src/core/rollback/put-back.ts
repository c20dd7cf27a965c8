import { versionLabel } from '../../api/annotation.ts'
import { inSpelling } from '../manifest/helm/image-reading.ts'
import { splitImage } from '../manifest/slot/image-text.ts'
import { field, fields, list, text } from '../workload/field.ts'
import { templateRevision } from '../workload/revision.ts'

/** The way back of one slot, in one workload. */
export interface PutBack {
  /** Names of the containers that the slot decides. */
  containers: readonly string[]
  /** Image as Git has it now, and as Git had it. */
  from: string
  to: string
}

/**
 * The revisions that a live template would have with the older image put back: with its version label as it is, and with
 * that label moved along, as the change may have moved it. One of them must be the template that ran well; else something
 * beside the image differs.
 */
export function revisionsWith(template: unknown, back: PutBack): string[] {
  const restored = withImages(template, back)
  const labels = field(field(restored, 'metadata'), 'labels')
  const [from, to] = [splitImage(back.from).tag, splitImage(back.to).tag]
  if (text(labels, versionLabel) !== from || from === '') return [templateRevision(restored)]
  const metadata = { ...fields(field(restored, 'metadata')), labels: { ...fields(labels), [versionLabel]: to } }
  return [templateRevision(restored), templateRevision({ ...restored, metadata })]
}

function withImages(template: unknown, { containers, to }: PutBack): Record<string, unknown> {
  const spec = fields(field(template, 'spec'))
  const restore = (key: string) =>
    list(spec[key]).map((one) => {
      if (!containers.includes(text(one, 'name') ?? '')) return one
      // Charts and kustomize may spell a name otherwise than the value in Git; what runs tells how.
      return { ...fields(one), image: inSpelling(to, text(one, 'image') ?? '') }
    })
  const kept = ['containers', 'initContainers'].filter((key) => Object.hasOwn(spec, key))
  const restored = Object.fromEntries(kept.map((key) => [key, restore(key)]))
  return { ...fields(template), spec: { ...spec, ...restored } }
}

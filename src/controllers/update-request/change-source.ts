import { isAboutChart, type UpdateRequest } from '../../api/update-request.ts'
import type { ImageSource } from '../../core/image/image-source.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { ChangeSource } from '../../core/pull-request/proposed-change.ts'
import { asFairleadError } from '../../errors.ts'
import type { Registry } from '../../ports.ts'
import type { ManifestSource } from '../../runtime/manifest-source.ts'

/** What is said about the source of a change; `unknown` while the registry does not answer. */
export type KnownSource = ChangeSource | undefined | 'unknown'

type Change = Pick<UpdateRequest['spec']['change'], 'from' | 'to'>

export type ChangeSources = (request: UpdateRequest) => Promise<KnownSource>

const limit = 1_000

/**
 * From which commit to which commit of its application a change goes, as the two images tell; for people only. Asked once
 * for each change, for what a tag was when it was proposed is what they want to see.
 */
export function createChangeSources(
  manifests: Pick<ManifestSource, 'source'>,
  registry: Pick<Registry, 'digest'>,
): ChangeSources {
  const known = new Map<string, ChangeSource | undefined>()

  const olderOf = async (from: string): Promise<ImageSource | undefined> => {
    const image = parseImageReference(from)
    const digest = image.digest ?? (image.tag === undefined ? undefined : await registry.digest(image, image.tag))
    return digest === undefined ? undefined : manifests.source(image, digest)
  }

  const ask = async ({ from, to, digest }: Change & { digest: string }): Promise<ChangeSource | undefined> => {
    const newer = await manifests.source(parseImageReference(to), digest)
    if (newer === undefined) return undefined
    const older = await olderOf(from).catch(() => undefined)
    const isSame = older?.repository === newer.repository
    const since = older !== undefined && isSame ? { fromRevision: older.revision } : {}
    return { url: newer.repository, ...since, toRevision: newer.revision }
  }

  return async (request) => {
    const { from, to, digest } = request.spec.change
    if (digest === undefined || isAboutChart(request)) return undefined
    const key = `${from} ${to} ${digest}`
    if (known.has(key)) return known.get(key)
    try {
      const source = await ask({ from, to, digest })
      known.set(key, source)
      for (const oldest of known.keys()) {
        if (known.size <= limit) break
        known.delete(oldest)
      }
      return source
    } catch (thrown) {
      if (asFairleadError(thrown).kind === 'internal') throw thrown
      return 'unknown'
    }
  }
}

import { isTag } from '../../core/image/reference.ts'
import { FairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryAnswer, RegistryClient } from './client.ts'
import { nextPage } from './link.ts'
import { parseBody, tagListSchema } from './schema.ts'

/** When a list is too long to be true. */
export interface TagListLimits {
  pages: number
  tags: number
  bytes: number
}

export const defaultTagListLimits: TagListLimits = { pages: 1000, tags: 1_000_000, bytes: 64 * 1024 * 1024 }

/** Every tag of a repository, or an error: never a part. */
export interface TagList {
  tags: readonly string[]
  /** Names that are no tags by the specification and were left out. */
  dropped: number
}

/** Most registries take 1,000; some refuse more than 100 or the parameter itself with one of these. */
const pageSizes = ['1000', '100', undefined] as const
const pageSizeRefused = new Set([400, 405, 416, 422, 501])

/** Reads tag lists. Remembers per registry which page size it takes. */
export function createTagReader(client: RegistryClient, limits: TagListLimits) {
  const sizeIndexes = new Map<string, number>()

  async function firstPage(image: ImageRepository): Promise<RegistryAnswer> {
    for (let index = sizeIndexes.get(image.registry) ?? 0; ; index++) {
      const size = pageSizes[index]
      const query = size === undefined ? '' : `?n=${size}`
      const page = await client.read(image, {
        method: 'GET',
        url: `/v2/${image.repository}/tags/list${query}`,
        maxBytes: limits.bytes,
      })
      if (page.status === 200) sizeIndexes.set(image.registry, index)
      if (size === undefined || !pageSizeRefused.has(page.status)) return page
    }
  }

  /** `RegistryNotFound` when there is no such repository; `TooLarge` beyond the limits; `RegistryInvalid` on loops. */
  return async function readTags(image: ImageRepository): Promise<TagList> {
    const what = `tags of ${image.registry}/${image.repository}`
    const tags = new Set<string>()
    const seen = new Set<string>()
    let dropped = 0
    let bytes = 0
    let pages = 0
    let page = await firstPage(image)
    for (;;) {
      refuseStatus(page, what)
      pages++
      bytes += page.body.byteLength
      for (const tag of parseBody(tagListSchema, page.body, what).tags ?? []) {
        if (isTag(tag)) tags.add(tag)
        else dropped++
      }
      if (tags.size + dropped > limits.tags) {
        throw new FairleadError('TooLarge', `${what}: more than ${limits.tags}; lists longer than that are not read`)
      }
      seen.add(page.url.href)
      const next = nextPage(page, what)
      if (next === undefined) return { tags: [...tags], dropped }
      if (seen.has(next.href))
        throw new FairleadError('RegistryInvalid', `${what}: page ${pages} links back to an earlier page`)
      seen.add(next.href)
      refuseEndless({ pages, tags: tags.size + dropped, bytes }, limits, what)
      page = await client.read(image, { method: 'GET', url: next.href, maxBytes: limits.bytes - bytes })
    }
  }
}

function refuseStatus(page: RegistryAnswer, what: string): void {
  if (page.status === 404) throw new FairleadError('RegistryNotFound', `${what}: the registry knows no such repository`)
  if (page.status !== 200) throw new FairleadError('RegistryInvalid', `${what}: unexpected status ${page.status}`)
}

function refuseEndless(read: TagListLimits, limits: TagListLimits, what: string): void {
  if (read.pages < limits.pages && read.tags < limits.tags && read.bytes < limits.bytes) return
  const words = `${read.pages} pages, ${read.tags} tags and ${read.bytes} bytes were read and there is more`
  throw new FairleadError('TooLarge', `${what}: ${words}; lists longer than that are not read`)
}

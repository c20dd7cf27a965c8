import { parseImageReference } from '../../core/image/reference.ts'
import type { ImageRepository } from '../../ports.ts'

/** One push in a webhook's body, in the words of its sender. */
export interface Pushed {
  /**
   * What tells this event from every other of the same sender. Absent when nothing does: then it is never taken for a
   * repetition, because two pushes of one tag look alike.
   */
  id?: string | undefined
  /** Host, perhaps with a path before the repository; undefined when the sender does not say. */
  registry: string | undefined
  repository: string
  /** Absent when something was pushed of which only the digest is known. */
  tag?: string | undefined
}

/** A push, checked: names that an image can have. */
export interface News {
  id?: string | undefined
  image: ImageRepository
  tag?: string
}

/**
 * The push as news, with the registry that the receiver's configuration puts in place of the sender's. Undefined when
 * its names are none that an image could have.
 */
export function readNews({ id, registry: named, repository, tag }: Pushed, override?: string): News | undefined {
  const registry = override ?? named
  if (registry === undefined) return undefined
  const [, ...prefix] = registry.split('/')
  try {
    const read = parseImageReference(`${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`)
    if (read.repository !== [...prefix, repository].join('/') || read.tag !== tag) return undefined
    return {
      id,
      image: { registry: read.registry, repository: read.repository },
      ...(tag === undefined ? {} : { tag }),
    }
  } catch {
    return undefined
  }
}

/** The host of an address, which may lack its scheme and have a path: `ghcr.io`, `harbor.example.com:8443`. */
export function hostOf(address: string | null | undefined): string | undefined {
  if (!address) return undefined
  const url = /^[a-z]+:\/\//i.test(address) ? address : `https://${address}`
  return URL.canParse(url) ? new URL(url).host || undefined : undefined
}

import { parseImageReference } from '../../core/image/reference.ts'
import type { ImageHint, RepositoryHint } from '../../ports.ts'

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

/** Something that happened in a repository, in the words of the service that hosts it. */
export interface Happened extends Pick<RepositoryHint, 'about' | 'branch' | 'pullRequest'> {
  id?: string | undefined
  /** Of the repository, in any spelling. */
  address: string
}

/** What one event in a webhook's body says. */
export type Told = Pushed | Happened

/** What was told, checked: names that there can be. */
export interface News {
  id?: string | undefined
  hint: Omit<ImageHint, 'receiver'> | Omit<RepositoryHint, 'receiver'>
}

export interface NewsSettings {
  /** Stands in place of the registry that the sender names. */
  registry?: string | undefined
  /** The configured repository behind an address, by its normalised name; undefined when it is none of ours. */
  repository: (address: string) => string | undefined
}

/** Undefined when it names what no image could have, or a repository that is not ours. */
export function readNews(told: Told, { registry, repository }: NewsSettings): News | undefined {
  if (!isAboutRepository(told)) return readPush(told, registry)
  const { id, address, ...what } = told
  const known = repository(address)
  return known === undefined ? undefined : { id, hint: { repository: known, ...what } }
}

export function isAboutRepository(told: Told): told is Happened {
  return 'address' in told
}

function readPush({ id, registry: named, repository, tag }: Pushed, override?: string): News | undefined {
  const registry = override ?? named
  if (registry === undefined) return undefined
  const [, ...prefix] = registry.split('/')
  try {
    const read = parseImageReference(`${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`)
    if (read.repository !== [...prefix, repository].join('/') || read.tag !== tag) return undefined
    const hint = { registry: read.registry, repository: read.repository, ...(tag === undefined ? {} : { tag }) }
    return { id, hint }
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

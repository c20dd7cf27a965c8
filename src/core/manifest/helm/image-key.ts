import type { KeyStep } from '../yaml/key-path.ts'

/** Keys of one mapping that together may be an image. */
export interface ImageKeys {
  name: string
  /** Those that are there, the likeliest first. */
  tag: readonly string[]
  digest: readonly string[]
  registry: readonly string[]
  /** Key that may hold the first part of the name: `repository: ghcr.io/acme` beside `name: web`. */
  path?: string
  /** The keys belong together by their own names (`webImage`, `webImageTag`), not by the mapping they are in. */
  isSibling: boolean
}

/** Keys by their form without case, `-` and `_`. */
type Keys = ReadonlyMap<string, string>

/**
 * The groups of keys that may be images: `repository` or `image` with `tag` or `version`; `name` with them in a mapping
 * that is named like an image; keys such as `webImage`, `webImageTag` or `imageRepository`, `imageTag` beside each
 * other. `parent` is the key of the mapping.
 */
export function imageKeysOf(keys: readonly string[], parent: KeyStep | undefined): ImageKeys[] {
  const known: Keys = new Map(keys.map((key) => [plainForm(key), key]))
  const isImage = typeof parent === 'string' && /image/i.test(parent)
  return keys.flatMap((key): ImageKeys[] => {
    const form = plainForm(key)
    if (['repository', 'repo', 'image'].includes(form) || (form === 'name' && isImage)) {
      return [group(known, key, ['tag', 'version', 'imagetag', 'imageversion'], '')]
    }
    const stem = /^(.*image)(?:name|repository|repo)?$/.exec(form)?.[1]
    return stem === undefined ? [] : [group(known, key, [`${stem}tag`, `${stem}version`], stem)]
  })
}

/** Does a key say that its value is the tag of an image, or may be one? */
export function isTagKey(key: string): boolean {
  return /(tag|version)$/.test(plainForm(key))
}

function group(known: Keys, name: string, tags: readonly string[], stem: string): ImageKeys {
  const present = (forms: readonly string[]) => forms.flatMap((form) => known.get(form) ?? [])
  const repository = known.get('repository')
  const isSplit = stem === '' && repository !== undefined && repository !== name
  return {
    name,
    tag: present(tags),
    digest: present([`${stem}digest`, `${stem}sha`, ...(stem === '' ? ['imagedigest'] : [])]),
    registry: present([`${stem}registry`, ...(stem === '' ? ['imageregistry'] : [])]),
    ...(isSplit ? { path: repository } : {}),
    isSibling: stem !== '',
  }
}

function plainForm(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, '')
}

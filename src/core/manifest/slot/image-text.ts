import { FairleadError } from '../../../errors.ts'

/** An image reference split as text; nothing is normalised, so that joining gives the same text again. */
export interface ImageText {
  name: string
  /** `''` when absent. */
  tag: string
  /** `sha256:…`, `''` when absent. */
  digest: string
}

/** Splits like kustomize: a colon before the first slash belongs to the registry host. */
export function splitImage(text: string): ImageText {
  const at = text.indexOf('@')
  const digest = at === -1 ? '' : text.slice(at + 1)
  const rest = at === -1 ? text : text.slice(0, at)
  const colon = rest.indexOf(':', Math.max(rest.indexOf('/'), 0))
  if (colon === -1) return { name: rest, tag: '', digest }
  return { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest }
}

/** `name[:tag][@digest]`. */
export function joinImage(image: ImageText): string {
  return `${image.name}${image.tag === '' ? '' : `:${image.tag}`}${image.digest === '' ? '' : `@${image.digest}`}`
}

const name = /^[a-z0-9]+([._-]+[a-z0-9]+)*(:[0-9]{1,5}(?=\/))?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/i
const tag = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const digest = /^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/

/** Checks a reference that is to be written into Git; `UsageInvalid` unless it names a tag or a digest. */
export function parseWantedImage(text: string): ImageText {
  const image = splitImage(text)
  const valid =
    text.length <= 512 &&
    joinImage(image) === text &&
    name.test(image.name) &&
    (image.tag === '' || tag.test(image.tag)) &&
    (image.digest === '' || digest.test(image.digest)) &&
    (image.tag !== '' || image.digest !== '')
  if (valid) return image
  const example = 'e.g. ghcr.io/acme/web:1.4.2 or ghcr.io/acme/web:1.4.2@sha256:<64 hex digits>'
  throw new FairleadError(
    'UsageInvalid',
    `${JSON.stringify(text)} is no image reference with tag or digest, ${example}.`,
  )
}

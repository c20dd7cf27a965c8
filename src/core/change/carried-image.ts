import { readVersion } from '../image/version.ts'
import { compareVersions, isOtherScheme } from '../image/version-order.ts'
import { isSameName } from '../manifest/helm/image-reading.ts'
import { splitImage } from '../manifest/slot/image-text.ts'

/** What a live container should run. */
export interface WantedImage {
  /** Image reference as Git has it. */
  to: string
  /** The digest behind it when it was chosen. */
  digest?: string
}

/**
 * Whether a live container's image is the wanted one. The digest decides wherever both have one, for then the tag decides
 * nothing; a reference with a digest is not carried by one without.
 */
export function carriesImage(live: string, { to, digest }: WantedImage): boolean {
  const [runs, wanted] = [splitImage(live), splitImage(to)]
  if (!isSameName(runs.name, wanted.name)) return false
  if (wanted.digest !== '') return runs.digest === wanted.digest
  if (runs.digest !== '' && digest !== undefined) return runs.digest === digest
  return (runs.tag || 'latest') === (wanted.tag || 'latest')
}

/** Whether the tag of a live image is a newer version than the wanted one; false when nobody can tell. */
export function isNewerImage(live: string, to: string): boolean {
  const [runs, wanted] = [splitImage(live), splitImage(to)]
  if (!isSameName(runs.name, wanted.name)) return false
  const [present, other] = [readVersion(runs.tag), readVersion(wanted.tag)]
  if (present === undefined || other === undefined || isOtherScheme(present, other)) return false
  return compareVersions(present, other) > 0
}

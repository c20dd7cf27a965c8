import { annotationPrefix, headwindPrefix, isPolicyAnnotation, type Mode } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import { isImageField } from './chart-setting.ts'
import type { UpdateRule } from './rule.ts'
import type { SettingsSubject } from './setting-field.ts'
import { resolveSettings, type UpdateSettings } from './settings.ts'

/** What Git declares, as tracing found it. */
export interface Declared {
  annotations: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
  /** Patches that speak of policies; where they are. */
  patches: readonly string[]
}

/**
 * Settings of a container as Git declares them, matched by the labels that Git declares. An annotation that only the
 * live object carries may tighten (hold, demand an approval, observe, no policy) but never loosen: `PolicyNotInGit`
 * names the first that would, and any patch whose outcome is not known.
 */
export function resolveDeclaredSettings(
  subject: SettingsSubject,
  declared: Declared,
  rules: readonly UpdateRule[],
  defaultMode: Mode,
): UpdateSettings | undefined {
  requireDeclared(subject, declared, (inGit) => resolveSettings(inGit, rules, defaultMode)?.mode)
  const annotations = { ...declared.annotations, ...subject.annotations }
  return resolveSettings({ ...subject, annotations, labels: declared.labels }, rules, defaultMode)
}

/**
 * Throws `PolicyNotInGit` for the first annotation that only the live object carries and that loosens what Git says, and
 * for patches whose outcome is not known. `modeOf` tells the mode of a subject as Git alone declares it.
 */
export function requireDeclared(
  subject: SettingsSubject,
  declared: Declared,
  modeOf: (inGit: SettingsSubject) => Mode | undefined,
): void {
  const [patch] = declared.patches
  if (patch !== undefined) {
    const message = `${patch}: a patch sets policy annotations, which is not read; put them into the manifest or commonAnnotations`
    throw new FairleadError('PolicyNotInGit', message, { evidence: declared.patches })
  }
  const onlyLive = Object.entries(subject.annotations).filter(
    ([key, value]) => isPolicyAnnotation(key) && declared.annotations[key] !== value,
  )
  const inGitAlone = { ...subject, annotations: declared.annotations, labels: declared.labels }
  const modeInGit = () => modeOf(inGitAlone)
  const loosening = onlyLive.find(([key, value]) => !tightens({ key, value, modeInGit }, subject))
  if (loosening !== undefined) {
    const [key, value] = loosening
    const inGit = declared.annotations[key]
    const instead = inGit === undefined ? 'does not have it' : `says "${inGit}"`
    const message = `${key}: "${value}" is only on the live object; its manifest in Git ${instead}. Commit it there.`
    throw new FairleadError('PolicyNotInGit', message)
  }
}

function tightens(
  { key, value, modeInGit }: { key: string; value: string; modeInGit: () => Mode | undefined },
  { container, chart }: SettingsSubject,
): boolean {
  const name = [annotationPrefix, headwindPrefix].reduce(
    (rest, prefix) => (rest.startsWith(prefix) ? rest.slice(prefix.length) : rest),
    key,
  )
  const field = name.endsWith(`.${container}`) ? name.slice(0, -container.length - 1) : name
  if (chart !== undefined && isImageField(field)) return true
  switch (field) {
    case 'chart-policy':
      return chart === undefined || value === 'none'
    case 'chart-constraint':
      return chart === undefined
    case 'hold':
      return true
    case 'policy':
      return value === 'none'
    case 'require-approval':
      return value === 'true'
    case 'rollback':
    case 'auto-rollback':
      return value === 'false'
    case 'mode':
      return value === 'observe' || (value === 'pull-request' && modeInGit() === 'commit')
    default:
      // Fields that have no say in updates (deadline) or are not known are nobody's permission.
      return !permissions.has(field)
  }
}

/** Fields by which a change can become wider than what Git declares. */
const permissions: ReadonlySet<string> = new Set([
  'constraint',
  'pattern',
  'filter',
  'extract',
  'order',
  'prerelease',
  'images',
  'min-update-interval',
  'min-age',
  'window',
  'pin-digest',
  'platform',
  'verify',
])

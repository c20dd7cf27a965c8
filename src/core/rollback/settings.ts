import {
  annotationPrefix,
  headwindFields,
  headwindPrefix,
  type Mode,
  type RollbackScope,
} from '../../api/annotation.ts'
import { type Declared, requireDeclared } from '../image/declared-settings.ts'
import type { UpdateRule } from '../image/rule.ts'
import { collectFields, type FoundFields, readBoolean, readMode, type SettingsSubject } from '../image/setting-field.ts'
import type { UpdateSettings } from '../image/settings.ts'

/** What the configuration says about rollbacks and about updates in general. */
export interface RollbackDefaults {
  rules: readonly UpdateRule[]
  /** Of updates. */
  mode: Mode
  onFailure: RollbackScope
}

export interface RollbackSettings {
  /** Whose failed changes are put back. */
  scope: RollbackScope
  /** What of the settings for updates counts on the way back: mode and hold; everything else lets it pass. */
  settings: UpdateSettings
}

/** The only fields that have a say on the way back. */
const fieldsOfRollback: readonly string[] = ['rollback', 'mode', 'hold']

/**
 * The settings of one container on the way back, which needs no policy. `rollback: true` opts in to putting back what
 * fairlead itself brought, where the configuration is `off`; `false` opts out of everything. `PolicyNotInGit` for an
 * annotation that only the live object carries and that loosens what Git says; `PolicyInvalid` for a bad value.
 */
export function resolveRollback(
  subject: SettingsSubject,
  declared: Declared,
  { rules, mode, onFailure }: RollbackDefaults,
): RollbackSettings {
  const inGit = { ...declared, annotations: concerning(declared.annotations, subject.container) }
  const live = { ...subject, annotations: concerning(subject.annotations, subject.container) }
  const modeOf = (one: SettingsSubject) => readMode(collectFields(one, rules).get('mode'), mode)
  requireDeclared(live, inGit, modeOf)
  const annotations = { ...inGit.annotations, ...live.annotations }
  const found = collectFields({ ...subject, annotations, labels: declared.labels }, rules)
  return { scope: scopeOf(found, onFailure), settings: passingSettings(found, mode) }
}

/**
 * The same for a rollback that a person asks for: they have decided, so nothing has to be opted in to and no hold counts,
 * and what only the live object says is not asked.
 */
export function resolveRollbackByPerson(
  subject: SettingsSubject,
  declared: Declared,
  { rules, mode }: RollbackDefaults,
): RollbackSettings {
  const found = collectFields({ ...subject, annotations: declared.annotations, labels: declared.labels }, rules)
  return { scope: 'any', settings: { ...passingSettings(found, mode), hold: undefined } }
}

/** Before anything is read from Git: whether it is worth looking at a failed workload at all. */
export function mayRollBack(subject: SettingsSubject, { rules, onFailure }: Omit<RollbackDefaults, 'mode'>): boolean {
  return scopeOf(collectFields(subject, rules), onFailure) !== 'off'
}

function scopeOf(found: FoundFields, onFailure: RollbackScope): RollbackScope {
  const field = found.get('rollback')
  if (field === undefined) return onFailure
  if (!readBoolean(field, false)) return 'off'
  return onFailure === 'off' ? 'own' : onFailure
}

function passingSettings(found: FoundFields, mode: Mode): UpdateSettings {
  return {
    policy: { kind: 'none' },
    policyText: 'rollback',
    requireApproval: false,
    mode: readMode(found.get('mode'), mode),
    minUpdateIntervalMs: 0,
    minAgeMs: 0,
    windows: [],
    pinDigest: false,
    platforms: [],
    verify: [],
    hold: found.get('hold')?.value,
  }
}

function concerning(annotations: Readonly<Record<string, string>>, container: string): Record<string, string> {
  const isOurs = (key: string) =>
    fieldsOfRollback.some((name) => {
      const ours = annotationPrefix + name
      return key === ours || key === `${ours}.${container}`
    }) || headwindFields.some(({ name, field }) => key === headwindPrefix + name && fieldsOfRollback.includes(field))
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => isOurs(key)))
}

import { type Mode, modes } from '../../api/annotation.ts'
import { chartFields, readChartPolicy } from './chart-setting.ts'
import type { Policy } from './policy.ts'
import type { UpdateRule } from './rule.ts'
import {
  collectFields,
  policyText,
  readBoolean,
  readDuration,
  readMode,
  readNames,
  readPlatforms,
  readPolicy,
  requireDeadline,
  type SettingsSubject,
  selectsImage,
} from './setting-field.ts'

/** What is to be done with one container's image, or with a chart. */
export interface UpdateSettings {
  policy: Policy
  /** The policy in words, for commit messages and UpdateRequests, e.g. `minor` or `glob v1.*`. */
  policyText: string
  requireApproval: boolean
  mode: Mode
  /** At least so long between two updates of one slot. */
  minUpdateIntervalMs: number
  /** A decision rests so long after it was first made. */
  minAgeMs: number
  /** Names of configured windows, one of which must be open; empty = only those that match by themselves. */
  windows: readonly string[]
  /** What is written carries its digest, and follows the tag when that moves. */
  pinDigest: boolean
  /** `os/architecture[/variant]` that an image must be built for, every one of them. */
  platforms: readonly string[]
  /** Names of configured keys; each of them must have signed what is chosen. */
  verify: readonly string[]
  /** Why nothing is done, in the user's words; undefined = go on. */
  hold: string | undefined
}

/**
 * Settings of one container or chart: rules in order, then `headwind.sh/*`, then `fairlead.dev/*`, then the per-container
 * `fairlead.dev/<field>.<container>`. Undefined when no policy applies. Throws `PolicyInvalid` naming key and value.
 */
export function resolveSettings(
  subject: SettingsSubject,
  rules: readonly UpdateRule[],
  defaultMode: Mode,
): UpdateSettings | undefined {
  const isChart = subject.chart !== undefined
  const found = isChart ? chartFields(collectFields(subject, rules)) : collectFields(subject, rules)
  if (found.get('policy') === undefined || found.get('policy')?.value === 'none') return undefined
  const images = found.get('images')
  if (images !== undefined && !selectsImage(images, subject)) return undefined
  requireDeadline(found.get('deadline'))
  readBoolean(found.get('rollback'), false)
  return {
    policy: isChart ? readChartPolicy(found) : readPolicy(found),
    policyText: policyText(found),
    requireApproval: readBoolean(found.get('require-approval'), true),
    mode: readMode(found.get('mode'), defaultMode),
    minUpdateIntervalMs: readDuration(found.get('min-update-interval'), 300_000),
    minAgeMs: readDuration(found.get('min-age'), 0),
    windows: readNames(found.get('window')),
    pinDigest: readBoolean(found.get('pin-digest'), false),
    platforms: readPlatforms(found.get('platform')),
    verify: readNames(found.get('verify')),
    hold: found.get('hold')?.value,
  }
}

/**
 * The settings of a slot that decides several containers: of every field the strictest. Their policies must be equal,
 * which is asked elsewhere. Windows are no part of it, for every container's own must be open.
 */
export function strictestSettings(a: UpdateSettings, b: UpdateSettings): UpdateSettings {
  return {
    ...a,
    requireApproval: a.requireApproval || b.requireApproval,
    mode: stricterMode(a.mode, b.mode),
    minUpdateIntervalMs: Math.max(a.minUpdateIntervalMs, b.minUpdateIntervalMs),
    minAgeMs: Math.max(a.minAgeMs, b.minAgeMs),
    pinDigest: a.pinDigest || b.pinDigest,
    platforms: [...new Set([...a.platforms, ...b.platforms])],
    verify: [...new Set([...a.verify, ...b.verify])],
    hold: a.hold ?? b.hold,
  }
}

/** Observing beats proposing, and proposing beats committing. */
export function stricterMode(a: Mode, b: Mode): Mode {
  return modes.indexOf(a) < modes.indexOf(b) ? a : b
}

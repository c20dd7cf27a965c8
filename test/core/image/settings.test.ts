import { describe, expect, test } from 'vitest'
import { compileRule, type RuleFields } from '../../../src/core/image/rule.ts'
import type { SettingsSubject } from '../../../src/core/image/setting-field.ts'
import { resolveSettings, strictestSettings } from '../../../src/core/image/settings.ts'

function subject(annotations: Record<string, string>, overrides: Partial<SettingsSubject> = {}): SettingsSubject {
  const base = {
    namespace: 'prod',
    name: 'web',
    labels: { team: 'a' },
    container: 'app',
    image: 'ghcr.io/acme/web:1.0.0',
  }
  return { ...base, annotations, ...overrides }
}

const resolved = (annotations: Record<string, string>, rules: RuleFields[] = [], overrides = {}) =>
  resolveSettings(subject(annotations, overrides), rules.map(compileRule), 'commit')

describe('update settings', () => {
  test('of a workload without any policy do not exist', () => {
    expect(resolved({})).toBeUndefined()
    expect(resolved({ 'fairlead.dev/policy': 'none' })).toBeUndefined()
    expect(resolved({ 'fairlead.dev/require-approval': 'false' })).toBeUndefined()
  })

  test('have cautious defaults: approval is required, five minutes lie between two updates', () => {
    expect(resolved({ 'fairlead.dev/policy': 'minor' })).toMatchObject({
      policyText: 'minor',
      requireApproval: true,
      mode: 'commit',
      minUpdateIntervalMs: 300_000,
      hold: undefined,
    })
  })

  const precedence: [what: string, annotations: Record<string, string>, rules: RuleFields[], policy: string][] = [
    ['an annotation beats a rule', { 'fairlead.dev/policy': 'patch' }, [rule({}, 'major')], 'patch'],
    ['a later rule beats an earlier one', {}, [rule({}, 'major'), rule({ namespace: 'pr*' }, 'minor')], 'minor'],
    ['a rule for another namespace has no say', {}, [rule({}, 'major'), rule({ namespace: 'dev' }, 'all')], 'major'],
    ['a rule can match a label', {}, [rule({ labels: { team: 'a' } }, 'all')], 'all'],
    ['a rule can match an image', {}, [rule({ image: 'ghcr.io/acme/*' }, 'all')], 'all'],
    ['headwind.sh means the same', { 'headwind.sh/policy': 'minor' }, [], 'minor'],
    ['fairlead.dev beats headwind.sh', { 'headwind.sh/policy': 'major', 'fairlead.dev/policy': 'patch' }, [], 'patch'],
    [
      'the container beats the workload',
      { 'fairlead.dev/policy': 'major', 'fairlead.dev/policy.app': 'patch' },
      [],
      'patch',
    ],
    [
      'another container has no say',
      { 'fairlead.dev/policy': 'major', 'fairlead.dev/policy.db': 'patch' },
      [],
      'major',
    ],
  ]
  test.each(precedence)('%s', (_, annotations, rules, policy) => {
    expect(resolved(annotations, rules)?.policy.kind).toBe(policy)
  })

  const images: [what: string, value: string, selected: boolean][] = [
    ['a container by name', 'app', true],
    ['another container', 'db', false],
    ['an image repository', 'ghcr.io/acme/web', true],
    ['a glob of image repositories', 'ghcr.io/acme/*, db', true],
    ['another image', 'ghcr.io/acme/api', false],
  ]
  test.each(images)('images selects %s', (_, value, selected) => {
    const settings = resolved({ 'fairlead.dev/policy': 'minor', 'fairlead.dev/images': value })
    expect(settings !== undefined).toBe(selected)
  })

  test('of a rule may be any field that an annotation can be', () => {
    const fields = {
      policy: 'minor',
      'min-age': '72h',
      window: 'office, weekend',
      'pin-digest': 'true',
      platform: 'linux/amd64,linux/arm64/v8',
      verify: 'release',
      hold: 'freeze',
    }
    expect(resolved({}, [{ match: {}, fields }])).toMatchObject({
      minAgeMs: 72 * 3_600_000,
      windows: ['office', 'weekend'],
      pinDigest: true,
      platforms: ['linux/amd64', 'linux/arm64/v8'],
      verify: ['release'],
      hold: 'freeze',
    })
  })

  test('of one slot for several containers are of every field the strictest', () => {
    const settings = (annotations: Record<string, string>) => {
      const found = resolved({ 'fairlead.dev/policy': 'minor', ...annotations })
      if (found === undefined) throw new Error('no settings')
      return found
    }
    const lax = settings({
      'fairlead.dev/require-approval': 'false',
      'fairlead.dev/platform': 'linux/amd64',
      'fairlead.dev/verify': 'release',
    })
    const strict = settings({
      'fairlead.dev/mode': 'observe',
      'fairlead.dev/min-age': '1h',
      'fairlead.dev/min-update-interval': '1h',
      'fairlead.dev/platform': 'linux/arm64',
      'fairlead.dev/pin-digest': 'true',
      'fairlead.dev/verify': 'audit,release',
      'fairlead.dev/hold': 'incident',
    })
    const expected = {
      requireApproval: true,
      mode: 'observe',
      minAgeMs: 3_600_000,
      minUpdateIntervalMs: 3_600_000,
      pinDigest: true,
      hold: 'incident',
    }
    expect(strictestSettings(lax, strict)).toMatchObject(expected)
    expect(strictestSettings(strict, lax)).toMatchObject(expected)
    expect(strictestSettings(lax, strict).platforms).toEqual(['linux/amd64', 'linux/arm64'])
    expect(strictestSettings(lax, strict).verify).toEqual(['release', 'audit'])
  })

  const wrong: [what: string, annotations: Record<string, string>, message: RegExp][] = [
    ['a policy that does not exist', { 'fairlead.dev/policy': 'mnior' }, /mnior/],
    [
      'a boolean',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'no' },
      /require-approval: "no" is neither true nor false/,
    ],
    [
      'a mode',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/mode': 'push' },
      /mode: "push" is none of observe, pull-request, commit/,
    ],
    [
      'a duration',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-update-interval': 'soon' },
      /min-update-interval: "soon"/,
    ],
    [
      'an opt-in to rollbacks',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/rollback': 'maybe' },
      /rollback: "maybe" is neither true nor false/,
    ],
    ['an empty key', { 'fairlead.dev/policy': 'minor', 'fairlead.dev/verify': '' }, /verify: "" names nothing/],
    ['an age', { 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-age': 'old' }, /fairlead.dev\/min-age: "old" is no/],
    [
      'a platform',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/platform': 'linux/amd64,arm' },
      /"arm" is no platform/,
    ],
    ['an empty platform', { 'fairlead.dev/policy': 'minor', 'fairlead.dev/platform': ' , ' }, /"," is no platform/],
    ['an empty window', { 'fairlead.dev/policy': 'minor', 'fairlead.dev/window': '' }, /window: "" names nothing/],
    ['a pin', { 'fairlead.dev/policy': 'minor', 'fairlead.dev/pin-digest': 'yes' }, /pin-digest: "yes" is neither/],
  ]
  test.each(wrong)('name %s that is wrong', (_, annotations, message) => {
    expect(() => resolved(annotations)).toThrow(message)
  })

  test('of a rule with a broken glob are refused when it is compiled', () => {
    expect(() => compileRule(rule({ name: '[' }, 'minor'))).toThrow(/match.name: the glob "\["/)
  })
})

function rule(match: RuleFields['match'], policy: string): RuleFields {
  return { match, fields: { policy } }
}

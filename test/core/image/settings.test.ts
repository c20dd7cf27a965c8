import { describe, expect, test } from 'vitest'
import {
  compileRule,
  type RuleFields,
  resolveSettings,
  type SettingsSubject,
} from '../../../src/core/image/settings.ts'

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
      /mode: "push" is none of observe, commit/,
    ],
    [
      'a duration',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-update-interval': 'soon' },
      /min-update-interval: "soon"/,
    ],
    [
      'a field that would loosen when ignored',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-age': '3h' },
      /min-age: not supported/,
    ],
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

import { describe, expect, test } from 'vitest'
import { resolveDeclaredSettings } from '../../../src/core/image/declared-settings.ts'
import { compileRule } from '../../../src/core/image/rule.ts'

const rules = [compileRule({ match: {}, fields: { 'require-approval': 'false' } })]

function resolved(inGit: Record<string, string>, live: Record<string, string>, patches: string[] = []) {
  const prefixed = (annotations: Record<string, string>) =>
    Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`fairlead.dev/${key}`, value]))
  const declared = { annotations: prefixed(inGit), labels: { team: 'a' }, patches }
  const subject = { namespace: 'prod', name: 'web', labels: {}, container: 'app', image: 'web:1' }
  return resolveDeclaredSettings({ ...subject, annotations: prefixed(live) }, declared, rules, 'commit')
}

describe('an annotation that only the live object carries', () => {
  const refused: [what: string, inGit: Record<string, string>, live: Record<string, string>][] = [
    ['cannot bring a policy', {}, { policy: 'minor' }],
    ['cannot widen a policy', { policy: 'patch' }, { policy: 'major' }],
    ['cannot waive an approval', { policy: 'patch' }, { policy: 'patch', 'require-approval': 'false' }],
    [
      'cannot waive an approval of one container',
      { policy: 'patch' },
      { policy: 'patch', 'require-approval.app': 'false' },
    ],
    ['cannot raise the mode', { policy: 'patch', mode: 'observe' }, { policy: 'patch', mode: 'commit' }],
    ['cannot change the pattern', { policy: 'glob', pattern: 'v1.*' }, { policy: 'glob', pattern: '*' }],
    ['cannot shorten the interval', { policy: 'patch' }, { policy: 'patch', 'min-update-interval': '0s' }],
  ]
  test.each(refused)('%s', (_, inGit, live) => {
    expect(() => resolved(inGit, live)).toThrow(expect.objectContaining({ code: 'PolicyNotInGit' }))
  })

  const allowed: [what: string, live: Record<string, string>, expected: object | undefined][] = [
    ['can hold', { policy: 'patch', hold: 'incident 42' }, { hold: 'incident 42' }],
    ['can switch the policy off', { policy: 'none' }, undefined],
    ['can demand an approval', { policy: 'patch', 'require-approval': 'true' }, { requireApproval: true }],
    ['can demand to be observed only', { policy: 'patch', mode: 'observe' }, { mode: 'observe' }],
    ['can set what has nothing to do with updates', { policy: 'patch', deadline: '5m' }, { policyText: 'patch' }],
  ]
  test.each(allowed)('%s', (_, live, expected) => {
    const settings = resolved({ policy: 'patch' }, live)
    if (expected === undefined) expect(settings).toBeUndefined()
    else expect(settings).toMatchObject(expected)
  })

  test('that a patch in Git speaks of is not taken on trust: its outcome is not known', () => {
    expect(() => resolved({}, { policy: 'minor' }, ['prod/kustomization.yaml:7'])).toThrow(
      /kustomization.yaml:7: a patch/,
    )
  })

  test('cannot make a rule match by a label: those of Git count', () => {
    const byLabel = compileRule({ match: { labels: { auto: 'yes' } }, fields: { policy: 'all' } })
    const subject = { namespace: 'prod', name: 'web', annotations: {}, container: 'app', image: 'web:1' }
    const declared = { annotations: {}, labels: {}, patches: [] }
    expect(
      resolveDeclaredSettings({ ...subject, labels: { auto: 'yes' } }, declared, [byLabel], 'commit'),
    ).toBeUndefined()
    const inGit = { ...declared, labels: { auto: 'yes' } }
    expect(resolveDeclaredSettings({ ...subject, labels: {} }, inGit, [byLabel], 'commit')?.policyText).toBe('all')
  })

  test('that was removed from the live object still holds', () => {
    expect(resolved({ policy: 'patch', 'require-approval': 'true' }, { policy: 'patch' })).toMatchObject({
      requireApproval: true,
    })
  })
})

describe('of a chart', () => {
  const declared = (annotations: Record<string, string>) => ({ annotations, labels: {}, patches: [] })
  const chart = { namespace: 'prod', name: 'web', labels: {}, container: 'chart', image: 'podinfo:6.5.4', chart: {} }
  const inGit = { 'fairlead.dev/chart-policy': 'semver', 'fairlead.dev/chart-constraint': '^6' }
  const settingsWith = (live: Record<string, string>) =>
    resolveDeclaredSettings({ ...chart, annotations: { ...inGit, ...live } }, declared(inGit), rules, 'commit')

  test('the policy is its own, and what says when it lands is that of the release', () => {
    const both = { ...inGit, 'fairlead.dev/policy': 'glob', 'fairlead.dev/pattern': '*', 'fairlead.dev/min-age': '1h' }
    const found = resolveDeclaredSettings({ ...chart, annotations: both }, declared(both), rules, 'commit')
    expect(found).toMatchObject({ policyText: 'semver ^6', requireApproval: false, minAgeMs: 3_600_000 })
    expect(found?.policy).toMatchObject({ kind: 'semver', isChart: true })
  })

  test.each([
    ['widens the range', { 'fairlead.dev/chart-constraint': '*' }],
    ['changes the policy', { 'fairlead.dev/chart-policy': 'all' }],
  ])('what is only on the live release is refused when it %s', (_, live) => {
    expect(() => settingsWith(live)).toThrow(expect.objectContaining({ code: 'PolicyNotInGit' }))
  })

  test('what is only on the live release may switch it off, and speak of images', () => {
    expect(settingsWith({ 'fairlead.dev/chart-policy': 'none' })).toBeUndefined()
    expect(settingsWith({ 'fairlead.dev/pattern': '*' })?.policyText).toBe('semver ^6')
  })

  test('what is said of a chart does not concern images', () => {
    const policy = { 'fairlead.dev/policy': 'patch' }
    const { chart: _, ...container } = chart
    const live = { ...policy, 'fairlead.dev/chart-policy': 'all', 'fairlead.dev/chart-constraint': '*' }
    const found = resolveDeclaredSettings({ ...container, annotations: live }, declared(policy), rules, 'commit')
    expect(found?.policyText).toBe('patch')
  })
})

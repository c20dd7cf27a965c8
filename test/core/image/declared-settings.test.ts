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

import { describe, expect, test } from 'vitest'
import { resolveDeclaredSettings } from '../../../src/core/image/declared-settings.ts'
import { compileRule } from '../../../src/core/image/settings.ts'

const rules = [compileRule({ match: {}, fields: { 'require-approval': 'false' } })]

function resolved(inGit: Record<string, string>, live: Record<string, string>, patched: string[] = []) {
  const prefixed = (annotations: Record<string, string>) =>
    Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`fairlead.dev/${key}`, value]))
  const declared = { annotations: prefixed(inGit), patched: (key: string) => patched.includes(key) }
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

  test('is as good as in Git when a patch there puts it on', () => {
    expect(resolved({}, { policy: 'minor' }, ['fairlead.dev/policy'])).toMatchObject({ policyText: 'minor' })
  })

  test('that was removed from the live object still holds', () => {
    expect(resolved({ policy: 'patch', 'require-approval': 'true' }, { policy: 'patch' })).toMatchObject({
      requireApproval: true,
    })
  })
})

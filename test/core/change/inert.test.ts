import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inertLine } from '../../../src/core/change/inert.ts'
import { activeInText, hostilePieces } from '../pull-request/active-construct.ts'

describe('text that hosts act upon', () => {
  const rows: [says: string, text: string, inert: string][] = [
    ['a mention is none', 'ask @alice', 'ask @ alice'],
    ['a mention at the start is none', '@alice', '@ alice'],
    ['a mention of a team is none', '(@acme/owners)', '(@ acme/owners)'],
    ['a digest after a tag that ends in a dash mentions nobody', 'web:1-@sha256:ab', 'web:1-@ sha256:ab'],
    ['an issue is none', 'see #12', 'see # 12'],
    ['an issue of another repository is none', 'acme/web#12', 'acme/web# 12'],
    ['an issue by its old name is none', 'web:GH-12, gh-3', 'web:GH- 12, gh- 3'],
    ['the address of an issue is none', 'https://github.com/a/b/issues/1', 'https:// github.com/a/b/issues/1'],
    ['nor that of a merge request', 'http://git.x/a/-/merge_requests/1', 'http:// git.x/a/-/merge_requests/1'],
    ['nothing is closed', 'Fixes #1, closes: acme/web#2', 'Fixes # 1, closes: acme/web# 2'],
    ['checks are not skipped', '[skip ci] [CI skip] [no ci]', '(skip ci) (CI skip) (no ci)'],
    ['neither by longer words', '[skip actions] [skip-azurepipelines]', '(skip actions) (skip-azurepipelines)'],
    ['neither over several lines', '[skip\nci]', '(skip ci)'],
    ['neither within other brackets', '[[skip ci]]', '[(skip ci)]'],
    ['neither by a trailer', 'skip-checks: true', 'skip checks: true'],
    ['neither by stars', '***NO_CI***', '*** NO_CI***'],
    ['nobody becomes an author', 'Co-authored-by: A <a@b.c>', 'Co-authored-by : A <a@b.c>'],
    ['a trailer of ours is none', 'Fairlead-Action: rollback', 'Fairlead-Action : rollback'],
    ['lines are one line', 'a\n\nFairlead-Id: 0', 'a Fairlead-Id: 0'],
  ]
  test.each(rows)('%s: %j', (_, text, inert) => expect(inertLine(text)).toBe(inert))

  const digest = `sha256:${'0a'.repeat(32)}`
  const ordinary = [
    'ghcr.io/acme/web:1.4.2',
    `localhost:5000/acme/web:1.4.2-alpine3.20_r1@${digest}`,
    `nginx@${digest}`,
    'quay.io/acme/image-to:1.0',
    'web:feature-gh-12',
    'web:pr-12',
    'podinfo:6.5.4',
    'semver >=1.2 <2 || 3.x',
    'glob v[0-9]*',
    'newest-build ^main-[a-f0-9]+-(?P<ts>[0-9]+)$ $ts asc',
    'https://github.com/acme/web',
    'Deployment/prod/web',
    'alice@example.com approved',
    'kubelet: back-off pulling image',
  ]
  test.each(ordinary)('ordinary text stays as it is: %s', (text) => expect(inertLine(text)).toBe(text))

  test('nothing is active, however it is put together', () => {
    const pieces = fc.array(fc.oneof(fc.constantFrom(...hostilePieces), fc.string({ maxLength: 3 })), { maxLength: 20 })
    fc.assert(
      fc.property(pieces, fc.integer({ min: 5, max: 300 }), (parts, length) => {
        const line = inertLine(parts.join(''), length)
        expect(activeInText(line)).toEqual([])
        expect(line.length).toBeLessThanOrEqual(length)
      }),
      { numRuns: 1000 },
    )
  })
})

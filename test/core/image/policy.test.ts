import { describe, expect, it } from 'vitest'
import type { TagFacts } from '../../../src/core/image/decision.ts'
import { type PolicyFields, parsePolicy } from '../../../src/core/image/policy.ts'
import { selectTag } from '../../../src/core/image/select.ts'
import { createTagList } from '../../../src/core/image/tag-list.ts'
import { FairleadError } from '../../../src/errors.ts'

function decide(fields: PolicyFields, current: string, tags: string, facts: TagFacts = {}) {
  const list = createTagList(tags.split(' ').filter((tag) => tag !== ''))
  return selectTag(parsePolicy(fields), current, list, { facts, keep: 'all' })
}

function mistakesOf(fields: PolicyFields): readonly string[] {
  try {
    parsePolicy(fields)
  } catch (thrown) {
    if (thrown instanceof FairleadError && thrown.code === 'PolicyInvalid') return thrown.evidence
    throw thrown
  }
  return []
}

describe('semver', () => {
  const aiu = '0.1 0.5.1 0.9 1.0 1.0.1 1.1.2 2.0.3'
  it.each([
    // Argo CD Image Updater registry-scanner/pkg/image/version_test.go
    ['*', '1.0', aiu, '2.0.3'],
    ['^1.0', '1.0', aiu, '1.1.2'],
    ['~1.0', '1.0', aiu, '1.0.1'],
    ['^1.0', 'latest', aiu, '1.1.2'],
    ['*', 'latest', aiu, '2.0.3'],
    ['~1.0', 'latest', '0.1 0.5.1 0.9 2.0.3', null],
    ['~1.0', 'latest', '', null],
    ['*', 'latest', 'zz bb yy cc yy aa ll', null],
    // Flux image-reflector-controller internal/policy/semver_test.go
    ['1.0.x', 'latest', '1.0.0 1.0.0.1 1.0.0p 1.0.1 1.2.0 0.1.0', '1.0.1'],
    ['1.0.x', 'latest', 'v1.2.3 v1.0.0 v0.1.0', 'v1.0.0'],
    ['1.0.x', 'latest', 'b1.2.3 b1.0.0 b0.1.0', null],
    ['1.0.x', 'latest', '1.2.0', null],
    ['1.0.x', 'latest', '0.1.0 0.1.1 0.2.0 1.0.0 1.0.1 1.0.2 1.1.0-alpha', '1.0.2'],
    ['v1.0.x', 'latest', '1.0.0 2.0.0 1.0.1 1.2.0', '1.0.1'],
    ['>= 1.2.0, < 1.3.0', 'latest', 'v1.2.0 v1.2.3 v1.3.0 1.2.4 v1.1.0 junk v1.2.4 1.2.4', '1.2.4'],
    // The constraint alone decides pre-releases, in the specification's order.
    ['>=1.0.0-0', '1.0.0', '1.1.0-rc1 1.0.1', '1.1.0-rc1'],
    ['>=1.0.0', '1.0.0-rc1', '1.1.0-rc1 1.0.1', '1.0.1'],
    ['>=1.0.0-0', '1.0.0-rc.10', '1.0.0-rc1', '1.0.0-rc1'],
    // One-number tags and other variants are excluded; it sees the tag without its variant.
    ['>=1', 'latest', '7 20240101 1.2.3', '1.2.3'],
    ['^1', '1.2.3-alpine3.18', '1.3.0 1.2.4-alpine3.18 2.0.0-alpine3.18', '1.2.4-alpine3.18'],
    ['^1', 'latest', '1.3.0-alpine 1.2.3', '1.2.3'],
    // Never lower, also when the current tag is outside the constraint.
    ['^1', '2.0.0', '1.9.0', null],
    ['^1 || ^3', '2.0.0', '1.9.0 3.0.1', '3.0.1'],
  ])('%s from %s among %s: %s', (constraint, current, tags, expected) => {
    expect(decide({ policy: 'semver', constraint }, current, tags).selected).toBe(expected)
  })
})

describe('glob', () => {
  it.each([
    // Headwind tests/policy_integration_test.rs
    ['v1.*', 'v1.0.0', 'v1.9.9 v2.0.0', 'v1.9.9'],
    ['*-stable', '1.0.0-stable', '1.1.0-stable 1.2.0-beta', '1.1.0-stable'],
    ['prod-*', 'prod-v1', 'dev-v2', null],
    ['app-*-prod', 'app-v1.0.0-prod', 'app-v1.1.0-prod', 'app-v1.1.0-prod'],
    ['build-*', 'build-9', 'build-10 build-8', 'build-10'],
    ['build-*', 'latest', 'build-9 build-10 x-11', 'build-10'],
    ['main-[a-z]*', 'main-b', 'main-a main-c main-9', 'main-c'],
    ['{a,b}?', 'a1', 'a2 b1 c1 b12', 'b1'],
    ['1.*', '1.2.3', '1.junk 1.10.0 1.9.0 1.11.0-rc1', '1.10.0'],
  ])('%s from %s among %s: %s', (pattern, current, tags, expected) => {
    expect(decide({ policy: 'glob', pattern }, current, tags).selected).toBe(expected)
  })

  it('stays linear where glob libraries backtrack', () => {
    const decision = decide({ policy: 'glob', pattern: `${'*a'.repeat(6)}b` }, 'x', 'a'.repeat(128))
    expect(decision.selected).toBeNull()
  })
})

describe('numerical and alphabetical', () => {
  const dates = '2021-01-08T21-18-21Z 2020-05-08T21-18-21Z 1990-01-08T00-20-00Z 2023-05-08T00-20-00Z'
  const negative = { filter: '^n(.*)$', extract: '$1' }
  it.each([
    // Flux image-reflector-controller internal/policy/{numerical,alphabetical}_test.go; a tag cannot begin with a dash.
    [{ policy: 'numerical', ...negative }, 'new', 'n-62 n-88 n73 n72 n15 n16 n15 n29 n-33 n-91', 'n73'],
    [{ policy: 'numerical', order: 'desc', ...negative }, 'new', 'n5 n-8 n-78 n25 n70 n-4 n80 n92 n-20 n-24', 'n-78'],
    [{ policy: 'numerical' }, 'new', '47.40896403322944 53.47333823144817 53.47333823144816', '53.47333823144817'],
    [{ policy: 'numerical' }, 'new', '0 1a b', '0'],
    [{ policy: 'numerical', order: 'desc' }, 'new', '1606234201 1606364286 1606334092', '1606234201'],
    [{ policy: 'numerical' }, 'new', '9007199254740993 9007199254740992', '9007199254740993'],
    [{ policy: 'alphabetical' }, '0', '16.04 16.04.1 16.10 20.04 20.10', '20.10'],
    [{ policy: 'alphabetical', order: 'desc' }, '9', '16.04 16.04.1 16.10 20.04 20.10', '16.04'],
    [{ policy: 'alphabetical' }, 'a', 'xenial yakkety zesty artful bionic', 'zesty'],
    [{ policy: 'alphabetical', order: 'desc' }, 'zz', 'xenial yakkety zesty artful bionic', 'artful'],
    [{ policy: 'alphabetical' }, 'a', 'rel-1606234201 rel-1606364286 rel-1606334092', 'rel-1606364286'],
    [{ policy: 'alphabetical' }, '1', dates, '2023-05-08T00-20-00Z'],
    [{ policy: 'alphabetical', order: 'desc' }, '9', dates, '1990-01-08T00-20-00Z'],
    // Bytes, not a language: upper case comes first.
    [{ policy: 'alphabetical' }, 'B', 'A C a', 'a'],
  ])('%o from %s among %s: %s', (fields, current, tags, expected) => {
    expect(decide(fields, current, tags).selected).toBe(expected)
  })

  it.each([
    ['asc', '5', '4 6', '6'],
    ['asc', '5', '4 5.0', null],
    ['desc', '5', '4 6', '4'],
    ['desc', '5', '6', null],
  ])('numerical %s never leaves %s for one earlier in order among %s', (order, current, tags, expected) => {
    expect(decide({ policy: 'numerical', order }, current, tags).selected).toBe(expected)
  })
})

describe('filter and extract', () => {
  it.each([
    // Flux internal/controller/policy_test.go and internal/policy/filter_test.go
    [
      { policy: 'semver', constraint: '>=0.x', filter: '^test-(.*)$', extract: '$1' },
      'test-0.1.0 test-0.1.1 dev-0.2.0 1.0.0',
      'test-0.1.1',
    ],
    [
      { policy: 'numerical', filter: '1.0.0-rc\\.(?P<num>[0-9]+)', extract: '$num' },
      '1.0.0 1.0.0-rc.1 1.0.0-rc.2 1.0.0-rc.3 1.0.1-rc.2',
      '1.0.0-rc.3',
    ],
    [
      { policy: 'alphabetical', filter: 'foo-(?P<word>[a-z]+)', extract: '$word' },
      'foo-aaa bar-bbb foo-zzz baz-nnn foo-ooo',
      'foo-zzz',
    ],
    [{ policy: 'numerical', filter: 'ver(\\d+)', extract: '$1' }, 'ver1 ver2 ver3 rel1', 'ver3'],
    // Go Expand: the longest name is taken, braces end it, an unknown group is empty, $$ is a dollar.
    [{ policy: 'numerical', filter: '^b([0-9]+)x', extract: '$1x' }, 'b1x b2x', null],
    [{ policy: 'numerical', filter: '^b([0-9]+)x', extract: ['$', '{1}0'].join('') }, 'b1x b2x', 'b2x'],
    [{ policy: 'numerical', filter: '^b([0-9]+)x', extract: '$$$1' }, 'b1x b2x', null],
    [{ policy: 'all', filter: '(?i)^V[[:digit:]]+\\.' }, 'v1.0.0 v1.0.1', null],
  ])('%o among %s: %s', (fields, tags, expected) => {
    expect(decide(fields, 'latest', tags).selected).toBe(expected)
  })

  it('apply to the current tag too', () => {
    const fields = { policy: 'minor', filter: '^web-(.*)$', extract: '$1' }
    expect(decide(fields, 'web-1.2.3', 'web-1.3.0 web-2.0.0 api-1.9.0')).toMatchObject({
      selected: 'web-1.3.0',
      counts: { selected: 1, 'outside-policy': 1, filtered: 1 },
    })
    expect(decide(fields, 'api-1.2.3', 'web-1.3.0').reason).toBe('current-not-a-version')
  })

  it('stays linear where JavaScript expressions backtrack', () => {
    expect(decide({ policy: 'all', filter: '(a+)+$' }, '1', `${'a'.repeat(127)}!`).selected).toBeNull()
  })
})

describe('policies that need facts', () => {
  const builtAt = new Map([
    ['zz', 1],
    ['bb', 2],
    ['aa', 3],
    ['ll', 4],
  ])
  it.each([
    // Argo CD Image Updater version_test.go: newest-build
    ['newest-build', 'zz', 'zz bb aa ll', { builtAt }, 'll'],
    ['newest-build', 'll', 'zz bb aa ll', { builtAt }, null],
    ['newest-build', 'unknown', 'zz new', { builtAt }, 'zz'],
    ['newest-build', 'zz', 'zz bb', {}, null],
    ['force', 'latest', 'zz bb aa ll', { builtAt }, 'll'],
    ['force', '1.0.0', '1.1.0 2.0.0-rc1 junk', {}, '1.1.0'],
    ['force', 'latest', '1.1.0 1.2.0-alpine 2.0.0-rc1 20240101 v1.3.0', {}, 'v1.3.0'],
    ['digest', 'latest', 'latest 1.0.0', {}, 'latest'],
    ['imagepolicy', '1.0.0', '1.0.0 1.1.0 1.2.0', { latest: '1.1.0' }, '1.1.0'],
    ['imagepolicy', '1.1.0', '1.0.0 1.1.0 1.2.0', { latest: '1.1.0' }, null],
    ['imagepolicy', '1.1.0', '1.0.0 1.1.0 1.2.0', {}, null],
  ])('%s from %s among %s with %o: %s', (policy, current, tags, facts, expected) => {
    expect(decide({ policy }, current, tags, facts).selected).toBe(expected)
  })
})

describe('an invalid policy', () => {
  it('names all mistakes at once, with key, value and what is allowed', () => {
    const fields = { policy: 'newest', order: 'up', prerelease: 'yes', constraint: 'latest', pattern: '[', filter: '(' }
    expect(mistakesOf(fields).map((mistake) => mistake.split(' ', 2).join(' '))).toEqual([
      'policy "newest"',
      'order "up"',
      'prerelease "yes"',
      'constraint "latest"',
      'pattern "["',
      'filter "("',
    ])
    expect(mistakesOf(fields)[1]).toBe('order "up" is not allowed: use one of asc, desc')
  })

  it.each([
    [{}, 'policy (missing)'],
    [{ policy: 'semver' }, 'constraint is missing'],
    [{ policy: 'semver', constraint: '' }, 'constraint "" is empty'],
    [{ policy: 'glob' }, 'pattern is missing'],
    [{ policy: 'glob', pattern: '' }, 'pattern "" is empty'],
    [{ policy: 'glob', pattern: 'a{b' }, 'has a { without }'],
    [{ policy: 'glob', pattern: 'a}b' }, 'has a } without {'],
    [{ policy: 'glob', pattern: 'a\\' }, 'ends in a backslash'],
    [{ policy: 'all', filter: '^test-(.*' }, 'missing closing )'],
    [{ policy: 'all', filter: 'a'.repeat(2000) }, 'is longer than 1024 characters'],
    [{ policy: 'all', filter: '((a{99}){99}){99}' }, 'filter'],
    [{ policy: 'all', extract: '$1' }, 'needs a filter'],
    [{ policy: '__proto__' }, 'policy "__proto__" is not allowed'],
    [{ policy: 'constructor' }, 'policy "constructor" is not allowed'],
  ])('%o: %s', (fields, problem) => {
    expect(mistakesOf(fields)).toEqual([expect.stringContaining(problem)])
  })

  it('does not mind empty fields that it does not need', () => {
    const fields = { policy: 'minor', constraint: '', pattern: '', filter: '', extract: '', order: '', prerelease: '' }
    expect(parsePolicy(fields)).toEqual({ kind: 'minor', prerelease: 'if-current' })
  })
})

import { describe, expect, it } from 'vitest'
import type { TagFacts, Verdict } from '../../../src/core/image/decision.ts'
import { type PolicyFields, parsePolicy } from '../../../src/core/image/policy.ts'
import { selectTag } from '../../../src/core/image/select.ts'
import { createTagList } from '../../../src/core/image/tag-list.ts'

function decide(fields: PolicyFields, current: string, tags: string, facts: TagFacts = {}) {
  const list = createTagList(tags.split(' ').filter((tag) => tag !== ''))
  return selectTag(parsePolicy(fields), current, list, { facts, keep: 'all' })
}

function select(fields: PolicyFields | string, current: string, tags: string): string | null {
  return decide(typeof fields === 'string' ? { policy: fields } : fields, current, tags).selected
}

function verdictsOf(fields: PolicyFields, current: string, tags: string, facts: TagFacts = {}) {
  return Object.fromEntries(decide(fields, current, tags, facts).candidates.map(({ tag, verdict }) => [tag, verdict]))
}

describe('patch, minor, major and all take the highest of their range', () => {
  const list = '1.2.3 1.2.4 1.2.10 1.3.0 1.10.0 2.0.0 10.0.0 0.9.0'
  it.each([
    ['patch', '1.2.3', list, '1.2.10'],
    ['minor', '1.2.3', list, '1.10.0'],
    ['major', '1.2.3', list, '10.0.0'],
    ['all', '1.2.3', list, '10.0.0'],
    ['patch', '10.0.0', list, null],
    ['all', '11.0.0', list, null],
    ['all', '1.9007199254740993.0', '1.9007199254740992.0 1.9007199254740994.0', '1.9007199254740994.0'],
    // Keel internal/policy/semver_test.go and trigger/poll/multi_tags_watcher_test.go
    ['major', '1.3', '1.3 2.5 2.7 3.8', '3.8'],
    ['major', '2.5', '1.3 2.5 2.7 3.8', '3.8'],
    ['minor', '2.5', '1.3 2.5 2.7 3.8', '2.7'],
    ['all', '1.4.5', '1.4.3', null],
    ['all', '1.4.5', '1.4.6', '1.4.6'],
    ['all', '1.4', '1.5', '1.5'],
    ['all', '1.4.5', '1.4.5', null],
    ['major', '1.4.5', '1.5.5', '1.5.5'],
    ['major', '1.4.5', '2.4.5', '2.4.5'],
    ['patch', '1.4.5', '1.4.6', '1.4.6'],
    ['patch', '1.4', '1.4.6', '1.4.6'],
    ['patch', '1.4', '1.5.6', null],
    ['patch', '1.4.5', '1.4.4', null],
    ['patch', '1.4', '1.5', null],
    ['patch', '1.4.5', '2.4.6', null],
    ['minor', '1.4.5', '1.5.5', '1.5.5'],
    ['minor', '1.4', '1.5', '1.5'],
    ['minor', '1.4.5', '1.4.6', '1.4.6'],
    // Headwind tests/policy_integration_test.rs
    ['patch', '1.2.3', '1.3.0', null],
    ['patch', 'v1.2.3', 'v1.2.4', 'v1.2.4'],
    ['patch', '1.2.4', '1.2.3', null],
    ['patch', '1.0.0', 'v1.0.1', 'v1.0.1'],
    ['minor', '1.2.3', '1.3.0 1.3.5 1.2.4 2.0.0', '1.3.5'],
    ['major', '1.9.9', '2.0.0', '2.0.0'],
    ['patch', '1.0.0-rc1', '1.0.0', '1.0.0'],
    ['all', '1.0.0-alpha', '1.0.0-beta', '1.0.0-beta'],
    ['all', '1.0.0-beta', '1.0.0', '1.0.0'],
    ['all', '2024-01-01', '2024-01-02', '2024-01-02'],
    ['patch', '1.0.0', 'invalid', null],
    // Headwind goes from 2.0.0 to 1.9.9 and from "invalid" to 1.0.0 here; fairlead never does.
    ['all', '2.0.0', '1.9.9', null],
    ['all', 'invalid', '1.0.0', null],
  ])('%s from %s among %s: %s', (policy, current, tags, expected) => {
    expect(select(policy, current, tags)).toBe(expected)
  })
})

describe('precision', () => {
  it.each([
    ['more numbers only when none as precise qualifies', 'all', '1.2', '1.2.1', '1.2.1'],
    ['as many numbers come first', 'all', '1.2', '1.2.1 1.3 1.9.9', '1.3'],
    ['fewer never: 1.3 is a floating tag', 'all', '1.2.3', '1.3 1.2.4', '1.2.4'],
    ['missing numbers are 0', 'all', '1.2', '1.2.0', null],
    ['four numbers only from four', 'all', '1.2.3', '1.2.3.4', null],
    ['four numbers from four', 'all', '1.2.3.4', '1.2.3.5 1.2.4', '1.2.3.5'],
    ['a number after _ only from one', 'all', '17.0.2', '17.0.3_7', null],
    ['a number after _ from one', 'all', '17.0.2_8-jdk', '17.0.3_7-jdk 17.0.2_9-jdk 18-jdk', '17.0.3_7-jdk'],
    ['leading zeros are fine', 'all', '2024.01.02', '2024.1.10 2024.01.09', '2024.1.10'],
  ])('%s', (_rule, policy, current, tags, expected) => {
    expect(select(policy, current, tags)).toBe(expected)
  })
})

describe('prefix, style and variant', () => {
  it.each([
    ['the v is free', '1.2.3', 'v1.2.4', 'v1.2.4'],
    ['of equal ones the present style wins', 'v1.2.3', '1.2.4 v1.2.4', 'v1.2.4'],
    ['of equal ones the present style wins', '1.2.3', 'v1.2.4 1.2.4', '1.2.4'],
    ['then the first in the list', '1.2.3', '1.02.4 1.2.4', '1.02.4'],
    ['a prefix must be equal', 'arm64v8-1.2.3', '1.2.9 amd64-1.2.8 arm64v8-1.2.4', 'arm64v8-1.2.4'],
    ['a prefix must be equal', '1.2.3', 'arm64v8-1.2.4 release-1.2.5', null],
    ['a variant must be equal', '1.2.3-slim', '1.2.4 1.2.5-fat 1.2.4-slim', '1.2.4-slim'],
    ['none never becomes a variant', '1.2.3', '1.2.4-slim 1.2.4-1 1.2.4-abc1234', null],
    ['a variant never becomes none', '1.2.3-slim', '1.2.4', null],
    ['an operating system may rise', '1.2.3-alpine3.18', '1.2.3-alpine3.19', '1.2.3-alpine3.19'],
    ['an operating system never falls', '1.2.3-alpine3.18', '1.2.4-alpine3.17', null],
    ['3.9 is below 3.18', '1.2.3-alpine3.9', '1.2.3-alpine3.18', '1.2.3-alpine3.18'],
    ['alpine with and without number are two', '1.2.3-alpine', '1.2.4-alpine3.19', null],
    ['the version counts first', '1.2.3-debian-11-r9', '1.2.3-debian-12-r0 1.2.4-debian-11-r0', '1.2.4-debian-11-r0'],
    ['a build number is free', '1.2.3-r9', '1.2.4-r0', '1.2.4-r0'],
    ['a build number counts last', 'v1.28.2-k3s1', 'v1.28.2-k3s2 v1.28.2-rke2r9', 'v1.28.2-k3s2'],
    ['linuxserver', 'amd64-1.2.3-ls45', 'amd64-1.2.3-ls100 arm64-1.2.4-ls101', 'amd64-1.2.3-ls100'],
    ['a final number after a number', '1.2.3-5', '1.2.3-10 1.2.3-6', '1.2.3-10'],
    ['a commit equals any other', '1.2.3-abc1234', '1.2.3-def5678', null],
    ['a version with a newer commit', '1.2.3-abc1234', '1.2.4-def5678', '1.2.4-def5678'],
  ])('%s: %s among %s gives %s', (_rule, current, tags, expected) => {
    expect(select('all', current, tags)).toBe(expected)
  })
})

describe('one-number tags and dates', () => {
  it.each([
    ['one digit more', '9', '10', '10'],
    ['not two digits more', '9', '100', null],
    ['dates of equal length', '20240101', '20240215 2024021512 12345678', '20240215'],
    ['a date with a variant', '20240101-slim', '20240102-slim 20240103', '20240102-slim'],
    ['a date and a version are two schemes', '1.2.3', '20240101 2024-01-01 2024.1.1', null],
    ['years stay among years', '2023.4', '2024.1 3000.1', '2024.1'],
    ['no year becomes a year', '7.1', '2024.1 8.0', '8.0'],
    ['dashed dates with time', '2021-01-08T21-18-21Z', '2023-05-08T00-20-00Z 20240101', '2023-05-08T00-20-00Z'],
    ['a commit of digits among commits', '1234567', '1234568 abc1234', null],
    ['a number of seven digits without commits', '1234567', '1234568', '1234568'],
    ['a bare commit is no version', '11', '12a3456 12', '12'],
  ])('%s: %s among %s gives %s', (_rule, current, tags, expected) => {
    expect(select('all', current, tags)).toBe(expected)
  })
})

describe('pre-releases', () => {
  const list = '1.3.0-dev 1.5.0 1.8.0-alpha 1.9.0-rc1'
  it.each([
    ['never', '1.2.0-rc1', list, '1.5.0'],
    ['if-current', '1.2.0', list, '1.5.0'],
    ['if-current', '1.2.0-alpha', '1.3.0-dev 1.2.1-alpha', '1.2.1-alpha'],
    ['if-current', '1.2.0-beta', '1.3.0-alpha 1.2.0-rc1', '1.2.0-rc1'],
    ['always', '1.2.0', list, '1.9.0-rc1'],
    ['always', '1.2.0-rc9', '1.2.0-rc10', '1.2.0-rc10'],
    // Keel multi_tags_watcher_test.go picks 1.3.0-dev from 1.2.0-dev; by stage 1.9.0-rc1 is later and higher.
    ['if-current', '1.2.0-dev', list, '1.9.0-rc1'],
    // Argo CD Image Updater version_test.go
    ['if-current', 'v2.1.0', 'v2.2.0 v2.3.0-rc.0.18.g1abb7b5dd-ppc64le', 'v2.2.0'],
  ])('%s from %s among %s: %s', (prerelease, current, tags, expected) => {
    expect(select({ policy: 'all', prerelease }, current, tags)).toBe(expected)
  })
})

describe('every tag has a verdict and every decision a reason', () => {
  it('names them all', () => {
    const artifact = `sha256-${'0'.repeat(64)}.sig`
    const expected: Record<string, Verdict> = {
      '1.2.3': 'not-newer',
      '1.2.0': 'not-newer',
      '1.2.4': 'not-highest',
      '1.2.5': 'selected',
      '1.3.0': 'outside-policy',
      '1.2.6-rc1': 'prerelease',
      '1.2.9-slim': 'other-variant',
      'release-1.2.9': 'other-scheme',
      '20240101': 'other-scheme',
      '1.3': 'lower-precision',
      latest: 'not-a-version',
      [artifact]: 'artifact',
    }
    expect(verdictsOf({ policy: 'patch' }, '1.2.3', Object.keys(expected).join(' '))).toEqual(expected)
  })

  it.each([
    ['selected', 'all', '1.0.0', '1.0.1'],
    ['no-candidate', 'all', '1.0.0', '0.9.0'],
    ['no-candidate', 'all', '1.0.0', ''],
    ['current-not-a-version', 'minor', 'latest', '1.0.1'],
    ['none', 'none', '1.0.0', '1.0.1'],
    ['digest', 'digest', 'latest', 'latest 1.0.1'],
    ['no-candidate', 'digest', 'latest', '1.0.1'],
  ])('%s', (reason, policy, current, tags) => {
    expect(decide({ policy }, current, tags).reason).toBe(reason)
  })

  it('counts the verdicts and keeps the nearest, newest first', () => {
    const tags = Array.from({ length: 100 }, (_, index) => `1.0.${index}`)
    const list = createTagList([...tags, '2.0.0', 'latest'])
    const decision = selectTag(parsePolicy({ policy: 'patch' }), '1.0.90', list)
    expect(decision.counts).toEqual({
      selected: 1,
      'not-highest': 8,
      'not-newer': 91,
      'outside-policy': 1,
      'not-a-version': 1,
    })
    expect(decision.candidates).toHaveLength(20)
    expect(decision.candidates.slice(0, 3)).toEqual([
      { tag: '2.0.0', verdict: 'outside-policy' },
      { tag: '1.0.99', verdict: 'selected' },
      { tag: '1.0.98', verdict: 'not-highest' },
    ])
  })

  it('holds back what the caller excludes, and takes the next', () => {
    const excluded = new Map([
      ['1.0.2', 'too-young'],
      ['0.1.0', 'held'],
    ] as const)
    expect(verdictsOf({ policy: 'all' }, '1.0.0', '0.1.0 1.0.1 1.0.2', { excluded })).toEqual({
      '0.1.0': 'not-newer',
      '1.0.1': 'selected',
      '1.0.2': 'too-young',
    })
  })
})

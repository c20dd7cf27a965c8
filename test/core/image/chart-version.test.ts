import { expect, test } from 'vitest'
import { readChartVersion } from '../../../src/core/image/chart-version.ts'
import type { Verdict } from '../../../src/core/image/decision.ts'
import { compareTags } from '../../../src/core/image/newer.ts'
import { type Policy, parsePolicy } from '../../../src/core/image/policy.ts'
import { selectTag } from '../../../src/core/image/select.ts'
import { createTagList } from '../../../src/core/image/tag-list.ts'

const chart = (fields: object): Policy => ({ ...parsePolicy(fields), isChart: true })

test.each([
  ['v1.2.3', { v: true, major: 1, minor: 2, patch: 3, prerelease: '' }],
  ['1.2.3-custom.4+build.5', { prerelease: 'custom.4', stage: 1 }],
  ['1.2.3-rc.1', { prerelease: 'rc.1', stage: 6 }],
  ['1.2', undefined],
  ['1.2.3.4', undefined],
  ['01.2.3', undefined],
  ['1.2.3-01', undefined],
  ['latest', undefined],
  [`1.2.3-${'a'.repeat(200)}`, undefined],
])('%s is read as %j', (text, expected) => {
  const version = readChartVersion(text)
  if (expected === undefined) expect(version).toBeUndefined()
  else expect(version).toMatchObject(expected)
})

const rows: [says: string, fields: object, current: string, version: string, verdict: Verdict][] = [
  ['a dash makes a pre-release, whatever the word', { policy: 'all' }, '1.2.3', '1.2.4-alpine', 'prerelease'],
  ['a pre-release is left for its release', { policy: 'patch' }, '1.2.3-custom.1', '1.2.3', 'selected'],
  ['unknown words are ordered as SemVer does', { policy: 'patch' }, '1.2.3-custom.9', '1.2.3-custom.10', 'selected'],
  ['an earlier stage is not gone back to', { policy: 'minor' }, '1.2.3-rc.1', '1.3.0-alpha.1', 'prerelease'],
  ['the build has no say', { policy: 'all' }, '1.2.3+1', '1.2.3+2', 'not-newer'],
  ['a v makes no difference', { policy: 'patch' }, 'v1.2.3', '1.2.4', 'selected'],
  ['a name like that of an artifact is only no version', { policy: 'all' }, '1.2.3', 'sha256-0', 'not-a-version'],
  ['a range alone decides pre-releases', { policy: 'semver', constraint: '>=1.2.0-0' }, '1.2.3', '1.3.0-x', 'selected'],
  [
    'a range without one admits none',
    { policy: 'semver', constraint: '>=1.2.0' },
    '1.2.3',
    '1.3.0-x',
    'outside-policy',
  ],
]
test.each(rows)('%s', (_, fields, current, version, verdict) => {
  const { candidates } = selectTag(chart(fields), current, createTagList([version]), { keep: 'all' })
  expect(candidates).toEqual([{ tag: version, verdict }])
})

test('of a list the highest is chosen, ties as they are listed', () => {
  const list = createTagList(['1.3.0', '1.10.0+b', '1.10.0+a', '1.10.0-rc.1', 'nonsense'])
  expect(selectTag(chart({ policy: 'minor' }), '1.2.3', list).selected).toBe('1.10.0+b')
})

test('what was put back is told by the same order', () => {
  expect(compareTags(chart({ policy: 'minor' }), '1.3.0', '1.3.0-custom', {})).toBe('not-newer')
  expect(compareTags(chart({ policy: 'minor' }), '1.2.0', '1.3.0+a', {})).toBe('newer')
})

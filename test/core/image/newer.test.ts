import { describe, expect, test } from 'vitest'
import { tagsNotNewer } from '../../../src/core/image/newer.ts'
import { type PolicyFields, parsePolicy } from '../../../src/core/image/policy.ts'
import { createTagList } from '../../../src/core/image/tag-list.ts'

describe('not newer than a tag are, and so quarantined with it,', () => {
  const versions = ['1.0.0', '1.0.9', '1.1.0', '1.1.0-rc.1', '1.2.0', '2.0.0', '1.1.0-alpine', 'latest']
  const rows: [what: string, fields: PolicyFields, tag: string, tags: string[], found: string[]][] = [
    ['lower versions and itself', { policy: 'minor' }, '1.1.0', versions, ['1.0.0', '1.0.9', '1.1.0', '1.1.0-rc.1']],
    ['lower versions of a tag that is gone', { policy: 'minor' }, '1.0.5', ['1.0.0', '1.1.0'], ['1.0.0', '1.0.5']],
    ['only itself without an order', { policy: 'minor' }, 'latest', versions, ['latest']],
    ['lower numbers', { policy: 'numerical' }, '20', ['9', '20', '100', 'x'], ['9', '20']],
    [
      'what comes before it in natural order',
      { policy: 'glob', pattern: 'b-*' },
      'b-9',
      ['b-10', 'b-8', 'c-1'],
      ['b-8', 'b-9'],
    ],
    [
      'versions, although one tag is followed',
      { policy: 'imagepolicy' },
      '1.1.0',
      ['1.0.0', '1.2.0'],
      ['1.0.0', '1.1.0'],
    ],
  ]
  test.each(rows)('%s', (_, fields, tag, tags, found) => {
    expect([...tagsNotNewer(parsePolicy(fields), tag, createTagList(tags), {})].sort()).toEqual(found.sort())
  })

  test('older builds, where dates are known', () => {
    const builtAt = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
    const list = createTagList(['a', 'b', 'c', 'd'])
    expect([...tagsNotNewer(parsePolicy({ policy: 'newest-build' }), 'b', list, { builtAt })].sort()).toEqual([
      'a',
      'b',
    ])
    expect([...tagsNotNewer(parsePolicy({ policy: 'newest-build' }), 'd', list, { builtAt })]).toEqual(['d'])
  })
})

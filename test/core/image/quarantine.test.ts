import { describe, expect, test } from 'vitest'
import { type PolicyFields, parsePolicy } from '../../../src/core/image/policy.ts'
import { findKeptAway, findQuarantined, withoutReleased } from '../../../src/core/image/quarantine.ts'

const [d1, d2, d3] = ['1', '2', '3'].map((digit) => `sha256:${digit.repeat(64)}`)

/** Values from oldest to newest, as one tells a story. */
function quarantined(story: string[], fields: PolicyFields = { policy: 'minor' }, builtAt?: Record<string, number>) {
  const values = story.map((one, index) => {
    return { image: one.includes('/') ? one : `ghcr.io/acme/web:${one}`, commit: `c${index}` }
  })
  const facts = builtAt === undefined ? {} : { builtAt: new Map(Object.entries(builtAt)) }
  return findQuarantined(values.reverse(), parsePolicy(fields), facts).map(({ tag, digest }) =>
    digest === undefined ? tag : `${tag}@${digest.slice(7, 8)}`,
  )
}

describe('along the history of a slot, what is quarantined is', () => {
  const rows: [what: string, story: string[], found: string[], fields?: PolicyFields][] = [
    ['nothing without a history', ['1.0.0'], []],
    ['nothing of no values', [], []],
    ['nothing that was only raised', ['1.0.0', '1.1.0', '1.2.0'], []],
    ['what was put back', ['1.0.0', '1.1.0', '1.0.0'], ['1.1.0']],
    ['what was lowered to something that never stood there', ['1.1.0', '1.0.5'], ['1.1.0']],
    ['still there when others are raised below it', ['1.0.0', '1.2.0', '1.0.0', '1.0.1'], ['1.2.0']],
    [
      'every one that was taken back, the newest first',
      ['1.0.0', '1.1.0', '1.0.0', '1.2.0', '1.0.0'],
      ['1.2.0', '1.1.0'],
    ],
    ['all of a descent', ['1.2.0', '1.1.0', '1.0.0'], ['1.1.0', '1.2.0']],
    ['not what was raised again by hand: that is the value now', ['1.0.0', '1.1.0', '1.0.0', '1.1.0'], ['1.1.0']],
    ['what was lowered beyond what the policy would go', ['1.0.0', '2.0.0', '1.0.0'], ['2.0.0']],
    ['no pre-release that became a release', ['1.1.0-rc.1', '1.1.0'], []],
    ['a release that became its pre-release', ['1.1.0', '1.1.0-rc.1'], ['1.1.0']],
    ['nothing of another image', ['docker.io/acme/old:9.0.0', '1.0.0'], []],
    ['the other spelling of the version that stands there now', ['v1.0.0', '1.0.0'], ['v1.0.0']],
    ['a tag without order that was put back', ['main-abc1234', 'main-def5678', 'main-abc1234'], ['main-def5678']],
    ['no tag without order that is new', ['main-abc1234', 'main-def5678', 'main-fee9abc'], []],
    [
      'what was lowered in the order of the policy',
      ['build-9', 'build-10', 'build-8'],
      ['build-10'],
      { policy: 'glob', pattern: 'build-*' },
    ],
    ['what was lowered by number', ['20', '100', '30'], ['100'], { policy: 'numerical' }],
    [
      'what was raised, where the lowest is the best',
      ['30', '20', '100'],
      ['20'],
      { policy: 'numerical', order: 'desc' },
    ],
    [
      'what was lowered in the extracted part',
      ['b-7-x', 'a-9-y', 'z-8-q'],
      ['a-9-y'],
      { policy: 'numerical', filter: '-([0-9]+)-', extract: '$1' },
    ],
    ['a version, although Flux chooses', ['1.0.0', '1.1.0', '1.0.0'], ['1.1.0'], { policy: 'imagepolicy' }],
    [
      'a digest that was put back',
      [`stable@${d1}`, `stable@${d2}`, `stable@${d1}`],
      ['stable@2'],
      { policy: 'digest' },
    ],
    ['no digest that is new', [`stable@${d1}`, `stable@${d2}`, `stable@${d3}`], [], { policy: 'digest' }],
    ['no digest that was taken off', [`stable@${d1}`, 'stable'], [], { policy: 'digest' }],
    ['a pinned tag that was put back', [`1.0.0@${d1}`, `1.1.0@${d2}`, `1.0.0@${d1}`], ['1.1.0']],
  ]
  test.each(rows)('%s', (_, story, found, fields) => expect(quarantined(story, fields)).toEqual(found))

  test('what is older by its build date, where dates are known', () => {
    const story = ['main-b', 'main-c', 'main-a']
    expect(quarantined(story, { policy: 'newest-build' }, { 'main-a': 1, 'main-b': 2, 'main-c': 3 })).toEqual([
      'main-c',
    ])
    expect(quarantined(story, { policy: 'newest-build' })).toEqual([])
  })

  test('told with what replaced it and where', () => {
    const values = ['1.0.0', '1.1.0'].map((tag, index) => ({ image: `web:${tag}`, commit: `c${index}` }))
    expect(findQuarantined(values, parsePolicy({ policy: 'all' }), {})).toEqual([
      { tag: '1.1.0', digest: undefined, by: 'web:1.0.0', commit: 'c0' },
    ])
  })
})

describe('a release', () => {
  const found = ['c4', 'c2'].map((commit) => ({ tag: commit, digest: undefined, by: 'web:1.0.0', commit }))
  const release = 'Release web\n\nFairlead-Action: release\nFairlead-Workload: Deployment/prod/web\n'
  const rows: [what: string, log: [id: string, message: string][], left: string[]][] = [
    [
      'that never came leaves all',
      [
        ['c4', 'four'],
        ['c2', 'two'],
      ],
      ['c4', 'c2'],
    ],
    [
      'lets go what came before it',
      [
        ['c4', 'four'],
        ['c3', release],
        ['c2', 'two'],
      ],
      ['c4'],
    ],
    [
      'as the newest commit lets go all',
      [
        ['c5', release],
        ['c4', 'four'],
        ['c2', 'two'],
      ],
      [],
    ],
    [
      'of another workload has no say',
      [
        ['c5', release.replace('/web', '/api')],
        ['c4', 'four'],
      ],
      ['c4', 'c2'],
    ],
    [
      'that only says so in its text is none',
      [
        ['c5', `${release}\nSigned off`],
        ['c4', 'four'],
      ],
      ['c4', 'c2'],
    ],
    [
      'of an update is none',
      [
        ['c5', release.replace('release', 'update')],
        ['c4', 'four'],
      ],
      ['c4', 'c2'],
    ],
  ]
  test.each(rows)('%s', (_, log, left) => {
    const commits = log.map(([id, message]) => ({ id, message }))
    const kept = withoutReleased(found, commits, new Set(['Deployment/prod/web']))
    expect(kept.map(({ commit }) => commit)).toEqual(left)
  })
})

describe('what is kept away now, and would be missed', () => {
  const policy = parsePolicy({ policy: 'minor' })
  const one = (tag: string, digest?: string) => ({ tag, digest, by: '', commit: '' })
  const rows: [what: string, present: string, found: ReturnType<typeof one>[], left: string[]][] = [
    ['is what is newer', '1.0.0', [one('1.1.0'), one('1.2.0')], ['1.1.0', '1.2.0']],
    ['is nothing that is behind', '1.2.0', [one('1.1.0'), one('1.3.0')], ['1.3.0']],
    ['is not what stands there again', '1.1.0', [one('1.1.0')], []],
    ['is other content of the same tag', '1.1.0', [one('1.1.0', d1)], ['1.1.0']],
    ['is what nobody can order', '1.1.0', [one('hotfix')], ['hotfix']],
  ]
  test.each(rows)('%s', (_, present, found, left) => {
    expect(findKeptAway(found, `ghcr.io/acme/web:${present}`, policy).map(({ tag }) => tag)).toEqual(left)
  })
})

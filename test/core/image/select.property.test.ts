import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verdicts } from '../../../src/core/image/decision.ts'
import { type PolicyFields, parsePolicy } from '../../../src/core/image/policy.ts'
import { selecting, selectTag } from '../../../src/core/image/select.ts'
import { createTagList, parsingTags, runToEnd } from '../../../src/core/image/tag-list.ts'
import { readVersion, type Version } from '../../../src/core/image/version.ts'
import { compareVersions, isOtherScheme } from '../../../src/core/image/version-order.ts'

const number = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(2024, 20240101, 1606234201)).map(String)
const numbers = fc.array(number, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'))
const prefix = fc.constantFrom('', '', '', 'v', 'release-', 'arm64v8-')
const suffix = fc.constantFrom(
  '',
  '',
  '',
  '-rc1',
  '-rc.10',
  'b2',
  '-alpha',
  '-alpine3.18',
  '-alpine3.9',
  '-slim',
  '-r5',
)
const more = fc.constantFrom('', '', '-abc1234', '-5', '-r12', '_7')
const versionTag = fc.tuple(prefix, numbers, suffix, more).map((parts) => parts.join(''))
const junk = fc.constantFrom(
  'latest',
  '__proto__',
  'constructor',
  'abc1234',
  `sha256-${'a'.repeat(64)}`,
  'x'.repeat(500),
)
const tag = fc.oneof({ weight: 8, arbitrary: versionTag }, { weight: 1, arbitrary: junk })
const anyText = fc.oneof(tag, fc.string({ unit: 'binary' }))

const policies: PolicyFields[] = [
  { policy: 'none' },
  { policy: 'patch' },
  { policy: 'minor', prerelease: 'always' },
  { policy: 'major', prerelease: 'never' },
  { policy: 'all' },
  { policy: 'all', filter: '^(v?)(.*)$', extract: '$2' },
  { policy: 'force' },
  { policy: 'digest' },
  { policy: 'newest-build' },
  { policy: 'imagepolicy' },
  { policy: 'glob', pattern: '*1*' },
  { policy: 'semver', constraint: '>=1.0.0-0 <9 || ~11' },
  { policy: 'numerical' },
  { policy: 'alphabetical', order: 'desc' },
]
const fields = fc.constantFrom(...policies)
const bump = fc.constantFrom(...policies.slice(1, 5))

function readPair(a: string, b: string): [Version, Version] | undefined {
  const left = readVersion(a)
  const right = readVersion(b)
  return left === undefined || right === undefined ? undefined : [left, right]
}

describe('a selection', () => {
  it('never throws and gives every tag exactly one verdict, whatever the texts are', () => {
    fc.assert(
      fc.property(fields, anyText, fc.array(anyText, { maxLength: 30 }), (policy, current, tags) => {
        const decision = selectTag(parsePolicy(policy), current, createTagList(tags), { keep: 'all' })
        expect(decision.candidates.map((candidate) => candidate.tag)).toEqual(tags)
        expect(decision.candidates.every(({ verdict }) => verdicts.includes(verdict))).toBe(true)
        const total = Object.values(decision.counts).reduce((sum, count) => sum + count, 0)
        expect(total).toBe(tags.length)
        expect(decision.counts.selected ?? 0).toBe(decision.selected === null ? 0 : 1)
      }),
    )
  })

  it('is never lower than the current tag and never equal to it', () => {
    fc.assert(
      fc.property(bump, versionTag, fc.array(tag, { maxLength: 30 }), (policy, current, tags) => {
        const { selected } = selectTag(parsePolicy(policy), current, createTagList(tags))
        if (selected === null) return
        const pair = readPair(selected, current)
        expect(pair).toBeDefined()
        if (pair === undefined) return
        expect(isOtherScheme(...pair)).toBe(false)
        expect(compareVersions(...pair)).toBeGreaterThan(0)
        expect(selectTag(parsePolicy(policy), selected, createTagList(tags)).selected).not.toBe(selected)
      }),
    )
  })

  it('comes to the same version in whatever order the tags are listed', () => {
    const shuffled = fc
      .array(tag, { maxLength: 20 })
      .chain((tags) => fc.tuple(fc.constant(tags), fc.shuffledSubarray(tags, { minLength: tags.length })))
    fc.assert(
      fc.property(bump, versionTag, shuffled, (policy, current, [tags, others]) => {
        const one = selectTag(parsePolicy(policy), current, createTagList(tags))
        const two = selectTag(parsePolicy(policy), current, createTagList(others))
        expect(two.reason).toBe(one.reason)
        expect(two.counts).toEqual(one.counts)
        if (one.selected === null || two.selected === null || one.selected === two.selected) return
        const pair = readPair(one.selected, two.selected)
        expect(pair === undefined ? undefined : compareVersions(...pair)).toBe(0)
      }),
    )
  })

  it('settles: what it selects is kept when it is asked again', () => {
    fc.assert(
      fc.property(bump, versionTag, fc.array(tag, { maxLength: 20 }), (policy, current, tags) => {
        const list = createTagList(tags)
        let present = current
        for (let step = 0; step <= tags.length; step++)
          present = selectTag(parsePolicy(policy), present, list).selected ?? present
        expect(selectTag(parsePolicy(policy), present, list).selected).toBeNull()
      }),
    )
  })

  it('is the same in slices as at once', () => {
    const tags = Array.from({ length: 7000 }, (_, index) => `1.${index % 70}.${index % 13}`)
    const steps = parsingTags(tags)
    expect(steps.next().done).toBe(false)
    const list = runToEnd(steps)
    const selection = selecting(parsePolicy({ policy: 'minor' }), '1.0.0', list)
    expect(selection.next().done).toBe(false)
    expect(runToEnd(selection)).toMatchObject({ selected: '1.69.12' })
  })
})

describe('the order of versions', () => {
  const read = versionTag.map((text) => readVersion(text)).filter((version) => version !== undefined)

  it('is antisymmetric', () => {
    fc.assert(
      fc.property(read, read, (a, b) => {
        if (a.variant.key !== b.variant.key) return
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0)
      }),
    )
  })

  it('is transitive', () => {
    fc.assert(
      fc.property(read, read, read, (a, b, c) => {
        if (a.variant.key !== b.variant.key || b.variant.key !== c.variant.key) return
        const [low, middle, high] = [a, b, c].sort(compareVersions)
        if (low === undefined || middle === undefined || high === undefined) return
        expect(compareVersions(low, middle)).toBeLessThanOrEqual(0)
        expect(compareVersions(middle, high)).toBeLessThanOrEqual(0)
        expect(compareVersions(low, high)).toBeLessThanOrEqual(0)
      }),
    )
  })
})

describe('hostile lists', () => {
  it('handles 100,000 tags, one of them of 10,000 characters', () => {
    const tags = Array.from({ length: 100_000 }, (_, index) => `1.${index % 300}.${Math.floor(index / 300)}`)
    const long = '1.'.repeat(5000)
    const decision = selectTag(parsePolicy({ policy: 'all' }), '1.0.0', createTagList([...tags, long, '__proto__']))
    expect(decision.selected).toBe('1.299.332')
    expect(decision.counts['not-a-version']).toBe(2)
    expect(decision.candidates).toHaveLength(20)
  })

  it.each(['alphabetical', 'numerical', 'digest'])('a text that is no tag is never selected by %s', (policy) => {
    const texts = ['9'.repeat(10_000), '9 9', '', '9/9']
    expect(selectTag(parsePolicy({ policy }), '9/9', createTagList(texts)).selected).toBeNull()
  })

  it('reads a tag full of separators at once', () => {
    const tags = Array.from({ length: 20_000 }, (_, index) => `${'-1x'.repeat(40)}${index}`.replace(/^-/, 'a-'))
    expect(createTagList(tags).versions.every((version) => version === undefined)).toBe(true)
  })
})

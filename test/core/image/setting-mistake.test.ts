import { expect, test } from 'vitest'
import type { AnnotationField } from '../../../src/api/annotation.ts'
import { fieldMistakes } from '../../../src/core/image/setting-mistake.ts'

const known = { windows: ['office', 'freeze'], keys: ['release'] }

const rows: [what: string, fields: Partial<Record<AnnotationField, string>>, mistakes: RegExp[]][] = [
  ['nothing', {}, []],
  ['fields that add to a policy elsewhere', { constraint: '>=', 'min-age': '3h', window: 'office, freeze' }, []],
  ['a policy with its own fields', { policy: 'semver', constraint: '^1.2' }, []],
  ['a policy that does not exist', { policy: 'mnior' }, [/policy "mnior" is not allowed/]],
  ['a constraint that is none', { policy: 'semver', constraint: '>>1' }, [/constraint ">>1"/]],
  ['a boolean', { 'require-approval': 'no' }, [/require-approval: "no"/]],
  ['a mode', { mode: 'push' }, [/mode: "push"/]],
  [
    'a window that is not configured',
    { window: 'office,weekend' },
    [/"weekend" is not configured; there are office, freeze/],
  ],
  ['a policy of a chart', { 'chart-policy': 'semver', 'chart-constraint': '^1.2' }, []],
  [
    'a range that a chart lacks',
    { 'chart-policy': 'semver' },
    [/chart-policy semver needs a range: give chart-constraint/],
  ],
  [
    'a policy that no chart can have',
    { 'chart-policy': 'glob' },
    [/chart-policy "glob" is not allowed: use one of none, patch/],
  ],
  ['a key that is configured', { verify: 'release' }, []],
  ['a key that is not', { verify: 'release, relaese' }, [/verify: "relaese" is not configured; there are release/]],
  ['no key', { verify: ' ' }, [/verify: "" names nothing/]],
  [
    'several at once',
    { 'min-age': 'old', 'min-update-interval': 'x', platform: 'arm', 'pin-digest': '1', deadline: 'never' },
    [/min-update-interval: "x"/, /min-age: "old"/, /pin-digest: "1"/, /platform: "arm"/, /deadline: "never"/],
  ],
]
test.each(rows)('%s', (_, fields, mistakes) => {
  expect(fieldMistakes(fields, known)).toEqual(mistakes.map((mistake) => expect.stringMatching(mistake)))
})

test('names cannot be checked where the configuration is not known', () => {
  expect(fieldMistakes({ window: 'weekend', verify: 'release' }, {})).toEqual([])
})

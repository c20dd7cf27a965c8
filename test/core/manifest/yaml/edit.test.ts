import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editScalars } from '../../../../src/core/manifest/yaml/edit.ts'
import { parseKeyPath } from '../../../../src/core/manifest/yaml/key-path.ts'
import { locateScalar } from '../../../../src/core/manifest/yaml/locate.ts'
import { readYaml } from '../../../../src/core/manifest/yaml/source.ts'
import { FairleadError } from '../../../../src/errors.ts'
import { refusalOf } from '../folder.ts'

type Row = [says: string, text: string, keyPath: string, expected: string, value: string, after: string]

// Vectors A1 to A45 re-express what kargo (pkg/yaml tests), telefonistka and pipeline-controller test, as facts.
const edits: Row[] = [
  ['A1 a value with blanks', 'key: old value', '0:key', 'old value', 'new', 'key: new'],
  ['A2 indent of four', 'root:\n    nested: old', '0:root.nested', 'old', 'new', 'root:\n    nested: new'],
  ['A3 a numeric map key', 'root:\n    0: old', '0:root["0"]', 'old', 'new', 'root:\n    0: new'],
  ['A7 the middle of a list', 'a:\n- x\n- y\n- z\n', '0:a[1]', 'y', 'w', 'a:\n- x\n- w\n- z\n'],
  ['A14 comments stay', '# r\nr: # n\n  k: v # i\n', '0:r.k', 'v', 'w', '# r\nr: # n\n  k: w # i\n'],
  ['A15 a list item comment', 'a:\n  - item # c\n', '0:a[0]', 'item', 'other', 'a:\n  - other # c\n'],
  ['A18 a number-like string', 'answer: idk', '0:answer', 'idk', '42', 'answer: "42"'],
  ['A19 a line over 64 kB', `l: ${'x'.repeat(70_000)}\nk: v\n`, '0:k', 'v', 'w', `l: ${'x'.repeat(70_000)}\nk: w\n`],
  [
    'A25 a marker comment',
    'image: ghcr.io/a/b:v1 # {"$imagepolicy": "flux-system:b"}',
    '0:image',
    'ghcr.io/a/b:v1',
    'ghcr.io/a/b:v2',
    'image: ghcr.io/a/b:v2 # {"$imagepolicy": "flux-system:b"}',
  ],
  [
    'A26 flow style with spacing and a comment',
    'image: {repository: a/b, tag: v1, pullPolicy: Always} # c',
    '0:image.tag',
    'v1',
    'v2',
    'image: {repository: a/b, tag: v2, pullPolicy: Always} # c',
  ],
  ['A27 CRLF', 'a: 1\r\ntag: v1\r\nb: 2\r\n', '0:tag', 'v1', 'v2', 'a: 1\r\ntag: v2\r\nb: 2\r\n'],
  ['A28 no final newline', 'tag: v1', '0:tag', 'v1', 'v2', 'tag: v2'],
  [
    'A29 the second of two documents',
    'tag: "1.0"\n---\ntag: "1.0"   # keep\n...',
    '1:tag',
    '1.0',
    '1.10',
    'tag: "1.0"\n---\ntag: "1.10"   # keep\n...',
  ],
  [
    'A30 an anchor; its alias reads the new value',
    'tag: &t v1\nother: *t',
    '0:tag',
    'v1',
    'v2',
    'tag: &t v2\nother: *t',
  ],
  ['A31 a string tag', 'tag: !!str 1.0 # x', '0:tag', '1.0', '1.1', 'tag: !!str "1.1" # x'],
  [
    'A32 other alphabets before it',
    'имя: {тег: v1, z: 2} # ё',
    '0:["имя"]["тег"]',
    'v1',
    'v2',
    'имя: {тег: v2, z: 2} # ё',
  ],
  ['A33 a byte order mark', '\uFEFFtag: v1', '0:tag', 'v1', 'v2', '\uFEFFtag: v2'],
  ['A34 single quotes', "tag: 'v1.0' # x", '0:tag', 'v1.0', 'v1.1', "tag: 'v1.1' # x"],
  [
    'A43 another tool’s marker',
    'version: "5.0.0" # {"$promotion": "foo:bar:prod"}',
    '0:version',
    '5.0.0',
    '5.0.1',
    'version: "5.0.1" # {"$promotion": "foo:bar:prod"}',
  ],
  [
    'A44 an images entry with a tagSuffix',
    'images:\n- tagSuffix: -x # s\n  newTag: v1\n  name: a\n',
    '0:images[0].newTag',
    'v1',
    'v2',
    'images:\n- tagSuffix: -x # s\n  newTag: v2\n  name: a\n',
  ],
  ['A45 an equal value', 'tag:   v1   # x', '0:tag', 'v1', 'v1', 'tag:   v1   # x'],
  ['159 a literal dot in a key', 'image.tag: v1', '0:["image.tag"]', 'v1', 'v2', 'image.tag: v2'],
  ['an emoji before it', '# 🚢\na: "🚢" # 🚢\ntag: v1 # 🚢', '0:tag', 'v1', 'v2', '# 🚢\na: "🚢" # 🚢\ntag: v2 # 🚢'],
  ['1.10 is read as written', 'tag: 1.10', '0:tag', '1.10', '1.20', 'tag: "1.20"'],
  ['a value on the next line', 'tag:\n  v1\nb: 1', '0:tag', 'v1', 'v2', 'tag:\n  v2\nb: 1'],
  ['a quote inside single quotes', "tag: 'a''b'", '0:tag', "a'b", "c'd", "tag: 'c''d'"],
  ['a colon and blank need quotes', 'tag: v1', '0:tag', 'v1', 'a: b', 'tag: "a: b"'],
  ['a __proto__ key is a key', '__proto__:\n  tag: v1', '0:__proto__.tag', 'v1', 'v2', '__proto__:\n  tag: v2'],
]

const refusals: [says: string, text: string, keyPath: string, expected: string, code: string, why: RegExp][] = [
  ['A4 a missing key', 'root:', '0:root.new', '', 'NotEditable', /no "new"/],
  ['A6 beyond the list', 'a: [x]', '0:a[5]', 'x', 'NotEditable', /no 5/],
  ['A8 the empty path', 'a: b', '', 'b', 'UsageInvalid', /document index/],
  ['A9 a path that ends in a dot', 'a: {b: c}', '0:a.b.', 'c', 'UsageInvalid', /key must follow/],
  ['A10 a word as index', 'a: [x]', '0:a.invalid', 'x', 'NotEditable', /"invalid" is no index/],
  ['A11 a negative index', 'a: [x]', '0:a[-2]', 'x', 'UsageInvalid', /index/],
  ['A12 into an alias', 'a: &a {k: v}\nb: *a', '0:b.k', 'v', 'NotEditable', /alias \*a at f.yaml:2/],
  ['A13 an alias', 'a: &a v\nb: *a', '0:b', 'v', 'NotEditable', /alias \*a at f.yaml:2/],
  ['A16 a tab as indent', 'a:\n\tb: c', '0:a.b', 'c', 'ManifestInvalid', /f.yaml:2 .*[Tt]ab/],
  ['A20 a path that is not there', 'c: {r: []}', '0:c.imperials', '', 'NotEditable', /no "imperials"/],
  ['A22 a list', 'c: {r: []}', '0:c.r', '', 'NotEditable', /no scalar/],
  ['A35 a block scalar', 'tag: |\n  v1', '0:tag', 'v1\n', 'NotEditable', /block scalar/],
  ['A36 an empty value', 'tag:', '0:tag', '', 'NotEditable', /empty/],
  ['A37 a merge key', 'base: &b {tag: v1}\nsvc:\n  <<: *b\n', '0:svc.tag', 'v1', 'NotEditable', /merge key <</],
  ['A38 a duplicate key', 'tag: v1\ntag: v1', '0:tag', 'v1', 'ManifestInvalid', /f.yaml:2 has the key "tag" twice/],
  ['A39 a template', 'tag: {{ .Values.tag }}', '0:tag', '', 'Templated', /f.yaml:1/],
  ['template lines', '{{- if .x }}\ntag: v1\n{{- end }}', '0:tag', 'v1', 'Templated', /f.yaml:1/],
  ['a placeholder of Flux', `tag: v-$\{tag}`, '0:tag', `v-$\{tag}`, 'Templated', /placeholder/],
  ['another tag', 'tag: !vault v1', '0:tag', 'v1', 'NotEditable', /!vault/],
  ['a SOPS file', 'tag: v1\nsops:\n  mac: x\n', '0:tag', 'v1', 'Encrypted', /SOPS/],
  ['another value than expected', 'tag: v2', '0:tag', 'v1', 'ValueChanged', /f.yaml:1 0:tag is "v2" and not "v1"/],
  ['a document that is not there', 'tag: v1', '1:tag', 'v1', 'NotEditable', /no document 1/],
]

describe('editScalars', () => {
  test.each(edits)('%s', (_, text, keyPath, expected, value, after) => {
    expect(editScalars('f.yaml', text, [{ keyPath, expected, value }])).toBe(after)
  })

  test.each(refusals)('refuses %s', (_, text, keyPath, expected, code, why) => {
    const refusal = refusalOf(() => editScalars('f.yaml', text, [{ keyPath, expected, value: 'v9' }]))
    expect(refusal?.code).toBe(code)
    expect(refusal?.message).toMatch(why)
  })

  test('A40: two edits on one line are both made', () => {
    const values = ['a', 'b'].map((key) => ({ keyPath: `0:${key}`, expected: 'v1', value: `v2-${key}` }))
    expect(editScalars('f.yaml', '{a: v1, b: v1}', values)).toBe('{a: v2-a, b: v2-b}')
  })

  test('two values for one place are refused', () => {
    const values = ['v2', 'v3'].map((value) => ({ keyPath: '0:a', expected: 'v1', value }))
    expect(refusalOf(() => editScalars('f.yaml', 'a: v1', values))?.code).toBe('UsageInvalid')
  })

  test('JSON stays JSON', () => {
    const after = editScalars('f.json', '{"tag": 1}', [{ keyPath: '0:tag', expected: '1', value: 'v2' }])
    expect(JSON.parse(after)).toEqual({ tag: 'v2' })
  })

  test('an edit changes the bytes of its scalar only, and again changes nothing', () => {
    const value = fc.stringMatching(/^[ -~]{1,20}$/)
    const comment = fc.stringMatching(/^[ -~]{0,20}$/)
    fc.assert(
      fc.property(value, comment, fc.constantFrom('v1', '"v1"', "'v1'"), (wanted, words, written) => {
        fc.pre(!/\{\{|\$[{(]/.test(wanted))
        const [head, tail] = [`# ${words}\nlist:\n- {a: b, tag:  `, `, c: d}   # ${words}\r\nend: true`]
        const edit = { keyPath: '0:list[0].tag', expected: 'v1', value: wanted }
        const once = editScalars('f.yaml', head + written + tail, [edit])
        expect(once.startsWith(head) && once.endsWith(tail)).toBe(true)
        expect(locateScalar(readYaml('f.yaml', once), parseKeyPath(edit.keyPath)).value).toBe(wanted)
        expect(editScalars('f.yaml', once, [{ ...edit, expected: wanted }])).toBe(once)
      }),
    )
  })

  test('any text is edited or refused, never worse', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '-',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '!',
      '|',
      '"',
      "'",
      '#',
      '\t',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 60 }).map((list) => list.join('')),
        ),
        (text) => {
          try {
            editScalars('f.yaml', text, [{ keyPath: '0:a', expected: 'a', value: 'b' }])
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(FairleadError)
            expect((thrown as FairleadError).code).not.toBe('Internal')
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

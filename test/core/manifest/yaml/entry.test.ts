import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { removeEntry, setEntry } from '../../../../src/core/manifest/yaml/entry.ts'
import { parseKeyPath } from '../../../../src/core/manifest/yaml/key-path.ts'
import { refusalOf } from '../folder.ts'

const place = (object = '0:', key = 'a.b/hold') => ({
  object: parseKeyPath(object),
  mapping: ['metadata', 'annotations'] as const,
  key,
})

type Row = [says: string, before: string, after: string, object?: string, file?: string]

/** Set to `wait`, and taken away again: the same bytes, unless said otherwise below. */
const rows: Row[] = [
  ['no annotations', 'metadata:\n  name: x\n', 'metadata:\n  annotations:\n    a.b/hold: "wait"\n  name: x\n'],
  [
    'no annotations, indent of four',
    'metadata:\n    name: x\nspec: 1\n',
    'metadata:\n    annotations:\n        a.b/hold: "wait"\n    name: x\nspec: 1\n',
  ],
  [
    'a comment below the key of the mapping stays with what it is about',
    'metadata: # m\n  # the name\n  name: x\n',
    'metadata: # m\n  annotations:\n    a.b/hold: "wait"\n  # the name\n  name: x\n',
  ],
  [
    'other annotations, with comments',
    'metadata:\n  annotations: # ours\n    # why\n    p: q # r\n  name: x\n',
    'metadata:\n  annotations: # ours\n    a.b/hold: "wait"\n    # why\n    p: q # r\n  name: x\n',
  ],
  [
    'single quotes beside it',
    "metadata:\n  annotations:\n    p: 'q'\n",
    "metadata:\n  annotations:\n    a.b/hold: 'wait'\n    p: 'q'\n",
  ],
  ['CRLF', 'metadata:\r\n  name: x\r\n', 'metadata:\r\n  annotations:\r\n    a.b/hold: "wait"\r\n  name: x\r\n'],
  ['no final newline', 'metadata:\n  name: x', 'metadata:\n  annotations:\n    a.b/hold: "wait"\n  name: x'],
  [
    'the second document',
    'metadata:\n  name: x\n---\n# two\nmetadata:\n  name: y\n...\n',
    'metadata:\n  name: x\n---\n# two\nmetadata:\n  annotations:\n    a.b/hold: "wait"\n  name: y\n...\n',
    '1:',
  ],
  [
    'an item of a list',
    'items:\n- metadata:\n    name: x\n- metadata:\n    name: y\n',
    'items:\n- metadata:\n    name: x\n- metadata:\n    annotations:\n      a.b/hold: "wait"\n    name: y\n',
    '0:items[1]',
  ],
  ['flow annotations', 'metadata:\n  annotations: {p: q}\n', 'metadata:\n  annotations: {a.b/hold: "wait", p: q}\n'],
  [
    'flow annotations with blanks',
    'metadata:\n  annotations: { p: q }\n',
    'metadata:\n  annotations: { a.b/hold: "wait", p: q }\n',
  ],
  ['empty flow annotations', 'metadata:\n  annotations: {}\n', 'metadata:\n  annotations: {a.b/hold: "wait"}\n'],
  [
    'JSON',
    '{"metadata": {"annotations": {"p": "q"}}}',
    '{"metadata": {"annotations": {"a.b/hold": "wait", "p": "q"}}}',
    '0:',
    'x.json',
  ],
  [
    'JSON in lines',
    '{\n  "metadata": {\n    "annotations": {\n      "p": "q"\n    }\n  }\n}\n',
    '{\n  "metadata": {\n    "annotations": {\n      "a.b/hold": "wait",\n      "p": "q"\n    }\n  }\n}\n',
    '0:',
    'x.json',
  ],
]

describe('an entry comes into a mapping, and goes again', () => {
  test.each(rows)('%s', (_, before, after, object = '0:', file = 'x.yaml') => {
    expect(setEntry(file, before, place(object), 'wait')).toBe(after)
    expect(removeEntry(file, after, place(object))).toBe(before)
  })

  const inserted: Row[] = [
    [
      'a key with nothing behind it',
      'metadata:\n  annotations:\n  name: x\n',
      'metadata:\n  annotations:\n    a.b/hold: "wait"\n  name: x\n',
    ],
    [
      'the same at the end',
      'metadata:\n  name: x\n  annotations:',
      'metadata:\n  name: x\n  annotations:\n    a.b/hold: "wait"',
    ],
    ['flow metadata', 'metadata: {name: x}\n', 'metadata: {annotations: {a.b/hold: "wait"}, name: x}\n'],
    [
      'another value',
      'metadata:\n  annotations:\n    a.b/hold: old # c\n',
      'metadata:\n  annotations:\n    a.b/hold: wait # c\n',
    ],
  ]
  test.each(inserted)('%s is filled', (_, before, after) => {
    expect(setEntry('x.yaml', before, place(), 'wait')).toBe(after)
  })

  const removed: Row[] = [
    [
      'the last of several in flow style',
      'metadata: {annotations: {p: q, a.b/hold: w}, name: x}\n',
      'metadata: {annotations: {p: q}, name: x}\n',
    ],
    [
      'one that a comma follows',
      'metadata: {annotations: {a.b/hold: w,}, name: x}\n',
      'metadata: {annotations: {}, name: x}\n',
    ],
    [
      'a value over two lines',
      'metadata:\n  annotations:\n    a.b/hold: "one\n      two"\n    p: q\n',
      'metadata:\n  annotations:\n    p: q\n',
    ],
    [
      'a block',
      'metadata:\n  annotations:\n    a.b/hold: |\n      one\n    p: q\n',
      'metadata:\n  annotations:\n    p: q\n',
    ],
    [
      'below a comment of somebody',
      'metadata:\n  annotations:\n    # mine\n    a.b/hold: w\n  name: x\n',
      'metadata:\n  annotations:\n    # mine\n  name: x\n',
    ],
    ['what is not there', 'metadata:\n  annotations:\n    p: q\n', 'metadata:\n  annotations:\n    p: q\n'],
  ]
  test.each(removed)('%s is taken away', (_, before, after) => {
    expect(removeEntry('x.yaml', before, place())).toBe(after)
  })
})

describe('what cannot be written safely is refused', () => {
  const refusals: [says: string, text: string, why: RegExp][] = [
    [
      'annotations that an alias takes',
      'metadata:\n  annotations: &a\n    p: q\nother: *a\n',
      /x\.yaml:3 .* an alias takes/,
    ],
    ['annotations from elsewhere', 'a: &a\n  p: q\nmetadata:\n  annotations: *a\n', /inherited through alias \*a/],
    ['metadata that is merged in', 'a: &a\n  metadata: {name: x}\n<<: *a\n', /merge key/],
    ['an object without metadata', 'kind: X\n', /there is no metadata/],
    ['annotations that are a list', 'metadata:\n  annotations: [a]\n', /annotations is no mapping/],
    ['a value that is no text', 'metadata:\n  annotations:\n    a.b/hold: [a]\n', /hold is no text/],
    ['null in words', 'metadata:\n  annotations: null\n', /no mapping/],
    ['nothing behind a key in flow style', 'metadata: {annotations: , name: x}\n', /nothing stands behind it/],
    ['a document that is not there', '', /no document/],
  ]
  test.each(refusals)('%s', (_, text, why) => {
    const refusal = refusalOf(() => setEntry('x.yaml', text, place(), 'wait'))
    expect({ code: refusal?.code, message: refusal?.message }).toEqual({
      code: 'NotEditable',
      message: expect.stringMatching(why),
    })
  })
})

describe('whatever a manifest looks like', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  const reason = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => text.trim() !== '')
  const line = fc.constantFrom('', '# a comment\n', '\n')
  const manifest = fc
    .record({
      before: line,
      eol: fc.constantFrom('\n', '\r\n'),
      step: fc.constantFrom('  ', '    '),
      annotations: fc.dictionary(word, word, { maxKeys: 3 }),
      style: fc.constantFrom('block', 'flow', 'json'),
      labels: fc.boolean(),
      gap: line,
    })
    .map(({ before, eol, step, annotations, style, labels, gap }) => {
      const entries = Object.entries(annotations)
      const flow = entries.map(([key, value]) => (style === 'json' ? `"${key}": "${value}"` : `${key}: ${value}`))
      const block = entries.map(([key, value]) => `${step}${step}${key}: ${value} # ${key}\n`).join('')
      const map = style === 'block' ? `\n${gap}${block}` : ` {${flow.join(', ')}}\n`
      const own = entries.length === 0 && style === 'block' ? '' : `${step}annotations:${map}`
      const text = `${before}kind: X\nmetadata:\n${own}${step}name: x\n${labels ? `${step}labels: {a: b}\n` : ''}${gap}spec: 1\n`
      return text.replaceAll('\n', eol)
    })

  test('nothing but the entry changes, and what was put in can be taken out', () => {
    fc.assert(
      fc.property(manifest, reason, (text, value) => {
        const after = setEntry('x.yaml', text, place(), value)
        const [was] = parseAllDocuments(text).map((one) => one.toJS())
        const [now] = parseAllDocuments(after).map((one) => one.toJS())
        const annotations = { ...was.metadata.annotations, 'a.b/hold': value }
        expect(now).toEqual({ ...was, metadata: { ...was.metadata, annotations } })
        // One piece was put in, and every other byte is where it was.
        let same = 0
        while (text[same] === after[same] && same < text.length) same++
        expect(after.slice(0, same) + after.slice(after.length - (text.length - same))).toBe(text)
        expect(removeEntry('x.yaml', after, place())).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})

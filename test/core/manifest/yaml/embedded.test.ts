import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editScalars } from '../../../../src/core/manifest/yaml/edit.ts'
import { embeddedYaml } from '../../../../src/core/manifest/yaml/embedded.ts'
import { enterAll, keyPathOf, lineOf, rootPlace, textOf } from '../../../../src/core/manifest/yaml/place.ts'
import { readYaml } from '../../../../src/core/manifest/yaml/source.ts'
import { refusalOf } from '../folder.ts'

const application = `kind: Application
spec:
  source:
    helm:
      values: |  # ours
        # the web shop
        image:
          repository: acme/web

          tag: "1.0"   # keep
        replicas: 2
    path: charts/web
`

function tagOf(text: string) {
  const source = readYaml('app.yaml', text)
  const block = enterAll(rootPlace(source, source.documents[0] ?? expect.fail()), 'spec', 'source', 'helm', 'values')
  const inner = embeddedYaml(block ?? expect.fail('no block'))
  const document = inner.documents[0]
  return enterAll(document === undefined ? undefined : rootPlace(inner, document), 'image', 'tag') ?? expect.fail()
}

describe('YAML in a literal block', () => {
  test('is read with the lines of its file', () => {
    const tag = tagOf(application)
    expect([textOf(tag), lineOf(tag)]).toEqual(['1.0', 10])
    expect(keyPathOf(tag)).toBe('0:spec.source.helm.values|0:image.tag')
    expect(application.split('\n')[lineOf(tag) - 1]).toContain('tag:')
  })

  test.each([
    ['as written', application],
    ['with Windows line ends', application.replaceAll('\n', '\r\n')],
    ['that keeps its last line breaks', application.replace('|  # ours', '|+').replace('    path', '\n\n    path')],
    ['that drops its last line break', application.replace('|  # ours', '|-')],
    ['at the end of a file without a last line break', application.replace(/\n {4}path.*\n$/, '')],
  ])('%s is edited where the value stands', (_, text) => {
    const edit = { keyPath: '0:spec.source.helm.values|0:image.tag', expected: '1.0', value: '1.1' }
    expect(editScalars('app.yaml', text, [edit])).toBe(text.replace('"1.0"', '"1.1"'))
    expect(refusalOf(() => editScalars('app.yaml', text, [{ ...edit, expected: '2' }]))?.code).toBe('ValueChanged')
  })

  test.each([
    ['a folded block', 'values: >\n  image: {tag: a}\n', 'NotEditable'],
    ['a quoted text', 'values: "image: {tag: a}"\n', 'NotEditable'],
    ['a block with its own indentation', 'values: |2\n   image: {tag: a}\n', 'NotEditable'],
    ['an empty block', 'values: |\nother: x\n', 'NotEditable'],
    ['a block that is no YAML', 'values: |\n  image: {tag: a\n', 'ManifestInvalid'],
    ['a block that is a template', 'values: |\n  image: {{ .Values.image }}\n', 'Templated'],
  ])('%s is refused', (_, text, code) => {
    const edit = { keyPath: '0:values|0:image.tag', expected: 'a', value: 'b' }
    expect(refusalOf(() => editScalars('f.yaml', text, [edit]))?.code).toBe(code)
  })

  test('and values around it change together, also in a block in a block', () => {
    const text = 'tag: a\ndata:\n  outer: |\n    tag: a\n    inner: |\n      tag: a # three\n'
    const edits = ['0:tag', '0:data.outer|0:tag', '0:data.outer|0:inner|0:tag'].map((keyPath) => {
      return { keyPath, expected: 'a', value: 'b' }
    })
    expect(editScalars('f.yaml', text, edits)).toBe(text.replaceAll('tag: a', 'tag: b'))
  })

  test('changes nothing but the one line, whatever stands around it', () => {
    const line = fc.constantFrom('a: 1', '# note', '', '   ', 'list:', '- x', 'b: "c"   ')
    fc.assert(
      fc.property(fc.array(line), fc.array(line), fc.integer({ min: 1, max: 6 }), (before, after, indent) => {
        const keys = (lines: string[], prefix: string) =>
          lines.map((one, at) => one.replace(/^[a-z]+:/, (key) => `${prefix}${at}${key}`).replace(/^- x$/, ''))
        const content = [...keys(before, 'p'), 'tag: old', ...keys(after, 'q')]
        const block = content.map((one) => (one === '' ? '' : ' '.repeat(indent) + one)).join('\n')
        fc.pre(!/^\s*\n/.test(block))
        const text = `top: |\n${block}\nlast: x\n`
        const edited = editScalars('f.yaml', text, [{ keyPath: '0:top|0:tag', expected: 'old', value: 'new' }])
        expect(edited).toBe(text.replace('tag: old', 'tag: new'))
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildOf } from '../../../../src/core/manifest/kustomize/build.ts'
import { trace } from '../../../../src/core/manifest/trace.ts'
import { enter, entriesOf, lineOf, rootPlace, textOf } from '../../../../src/core/manifest/yaml/place.ts'
import { lineAt, readYaml } from '../../../../src/core/manifest/yaml/source.ts'
import { deployment, folder } from '../folder.ts'

function rootOf(text: string) {
  const source = readYaml('f.yaml', text)
  const document = source.documents[0]
  return document === undefined ? undefined : rootPlace(source, document)
}

describe('entriesOf', () => {
  test('gives each key the value that entering it gives', () => {
    const value = fc.constantFrom('v', '"1"', '*one', '{a: b}', '[a, b]', '', '!!str x')
    const keys = fc.uniqueArray(fc.constantFrom('a', 'b', '__proto__', 'toString', '"c d"', '<<'))
    fc.assert(
      fc.property(keys, fc.array(value, { minLength: 6, maxLength: 6 }), (names, values) => {
        const lines = names.map((key, index) => `  ${key}: ${key === '<<' ? '*one' : values[index]}\n`)
        const root = rootOf(`anchored: &one {x: y}\nmap:\n${lines.join('') || '  {}\n'}`)
        const map = root && enter(root, 'map')
        for (const { key, value } of entriesOf(map)) expect(value).toEqual(map && enter(map, key))
        const filled = names.filter((key, index) => map && enter(map, key.replaceAll('"', '')) && values[index] !== '')
        expect(entriesOf(map).length).toBeGreaterThanOrEqual(filled.length)
      }),
    )
  })

  test('leaves merged keys to enter', () => {
    const root = rootOf('base: &base {x: y}\nmap:\n  <<: *base\n  z: w\n')
    const map = root && enter(root, 'map')
    expect(entriesOf(map).map(({ key }) => key)).toEqual(['<<', 'z'])
    expect(textOf(map && enter(map, 'x'))).toBe('y')
  })

  // The work, not the clock: looking each key up again would read every key for every other one.
  test('looks at forty thousand keys once each', () => {
    const root = rootOf(Array.from({ length: 40_000 }, (_, at) => `k${at}: v\n`).join(''))
    const counted = { count: 0 }
    const items = (root?.node as { items: { key: object }[] } | undefined)?.items ?? []
    for (const pair of items) {
      const { key } = pair
      const get = () => {
        counted.count += 1
        return key
      }
      Object.defineProperty(pair, 'key', { get })
    }
    expect(entriesOf(root)).toHaveLength(40_000)
    expect(counted.count).toBe(40_000)
  })
})

describe('many entries', () => {
  const many = (indent: string) => Array.from({ length: 40_000 }, (_, at) => `${indent}k${at}: v\n`).join('')

  test('of annotations are read', () => {
    const text = deployment('web', 'web:1').replace('  name: web\n', `  name: web\n  annotations:\n${many('    ')}`)
    const found = trace(folder({ 'a.yaml': text }), '', { kind: 'Deployment', namespace: '', name: 'web' })
    expect(found.line).toBe(40_011)
  })

  test('of common labels are read', () => {
    const text = `resources: [a.yaml]\ncommonLabels:\n${many('  ')}`
    const build = buildOf(folder({ 'kustomization.yaml': text, 'a.yaml': deployment('web', 'web:1') }), '')
    expect(build.sources[0]?.layers[0]?.labels.get('k39999')).toBe('kustomization.yaml:40002')
  })
})

describe('lineAt', () => {
  test('counts the line breaks before the offset, whatever text was asked about before', () => {
    const text = fc.string({ unit: fc.constantFrom('\n', 'a', '\r', 'é') })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.nat(20))), (questions) => {
        for (const [one, offset] of questions) {
          expect(lineAt(one, offset)).toBe(one.slice(0, offset).split('\n').length)
        }
      }),
    )
    expect(lineOf(rootOf('\n\na: b') ?? expect.fail('empty'))).toBe(3)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseKeyPath, renderKeyPath } from '../../../../src/core/manifest/yaml/key-path.ts'
import { refusalOf } from '../folder.ts'

describe('key paths', () => {
  test.each([
    ['0:spec.template.spec.containers[0].image', 0, ['spec', 'template', 'spec', 'containers', 0, 'image']],
    ['1:metadata.labels["app.kubernetes.io/version"]', 1, ['metadata', 'labels', 'app.kubernetes.io/version']],
    ['0:["0"]', 0, ['0']],
    ['0:[0]', 0, [0]],
    ['0:', 0, []],
    ['2:a["]"][1]["\\""].b', 2, ['a', ']', 1, '"', 'b']],
    ['0:__proto__', 0, ['__proto__']],
  ])('%s', (text, document, steps) => {
    expect(parseKeyPath(text)).toEqual({ document, steps })
    expect(renderKeyPath({ document, steps })).toBe(text)
  })

  test.each([
    '',
    'a',
    '0',
    '0:.a',
    '0:a.',
    '0:a..b',
    '0:a b',
    '0:[01]',
    '0:[-1]',
    '0:["a]',
    '0:["\\x"]',
    '0:a[b]',
    '-1:a',
  ])('%j is refused', (text) => {
    expect(refusalOf(() => parseKeyPath(text))?.code).toBe('UsageInvalid')
  })

  test('every path survives its text form', () => {
    const step = fc.oneof(fc.string(), fc.nat(1000), fc.constantFrom('', '__proto__', 'a.b/c', 'constructor'))
    fc.assert(
      fc.property(fc.nat(100), fc.array(step), (document, steps) => {
        expect(parseKeyPath(renderKeyPath({ document, steps }))).toEqual({ document, steps })
      }),
    )
  })
})

import { describe, expect, test } from 'vitest'
import { maxYamlDepth, readYaml } from '../../../../src/core/manifest/yaml/source.ts'
import { refusalOf } from '../folder.ts'

const nested = (depth: number) => `${'{a: '.repeat(depth)}x${'}'.repeat(depth)}`

describe('readYaml', () => {
  test.each([
    ['nine hundred open brackets', '['.repeat(900)],
    ['a megabyte of open brackets', '['.repeat(1_000_000)],
    ['sequences in sequences', '- '.repeat(200_000)],
    ['keys in keys', '? '.repeat(200_000)],
    ['one level too many', nested(maxYamlDepth + 1)],
    ['indentation', Array.from({ length: 70 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('%s is refused before it is built, also the second time', (_, text) => {
    for (const _again of [1, 2]) {
      const refusal = refusalOf(() => readYaml('f.yaml', text))
      expect(refusal?.code).toBe('ManifestInvalid')
      expect(refusal?.message).toMatch(/f\.yaml:\d+ is nested deeper than 64 levels/)
    }
  })

  test('64 levels are read', () => {
    expect(readYaml('f.yaml', nested(maxYamlDepth)).documents).toHaveLength(1)
  })

  test.each([
    ['two megabytes', `a: ${'x'.repeat(2 * 1024 * 1024)}`, /larger than 1 MiB/],
    ['a megabyte in bytes, not in characters', `a: ${'ё'.repeat(600_000)}`, /larger than 1 MiB/],
    ['half a million tokens', '---\n'.repeat(260_000), /too many values/],
    ['a duplicate key', 'a: 1\nb:\n  c: 1\n  c: 2\n', /f\.yaml:4 has the key "c" twice/],
    ['a duplicate __proto__', '__proto__: 1\n__proto__: 2\n', /"__proto__" twice/],
    ['an unclosed quote', 'a: "b\n', /f\.yaml:\d/],
  ])('%s is refused', (_, text, why) => {
    const refusal = refusalOf(() => readYaml('f.yaml', text))
    expect(refusal).toMatchObject({ code: 'ManifestInvalid' })
    expect(refusal?.message).toMatch(why)
  })

  test('fifty thousand keys are compared in one pass', () => {
    const text = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n')
    expect(readYaml('f.yaml', text).documents).toHaveLength(1)
  })

  test('aliases are not expanded, so a bomb is a small file', () => {
    const levels = Array.from({ length: 30 }, (_, level) => {
      const items =
        level === 0
          ? 'x'
          : Array(10)
              .fill(`*l${level - 1}`)
              .join(', ')
      return `l${level}: &l${level} [${items}]`
    })
    expect(readYaml('f.yaml', levels.join('\n')).documents).toHaveLength(1)
  })

  test('braces in quoted text are no template', () => {
    expect(readYaml('f.yaml', 'a: "{{ $labels.pod }}"\nb: |\n  {{ .x }}\n').documents).toHaveLength(1)
  })
})

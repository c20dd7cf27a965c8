import { describe, expect, test } from 'vitest'
import { meets, parseSelector } from '../../../../src/core/manifest/kustomize/label-selector.ts'

const labels = new Map([
  ['app', 'web'],
  ['example.com/tier', 'front'],
])

describe('a selector', () => {
  const rows: [selector: string, met: boolean | undefined][] = [
    ['app=web', true],
    ['app==web, example.com/tier=front', true],
    ['app=api', false],
    ['app!=api', true],
    ['other!=x', true],
    ['example.com/tier in (edge, front),app=web', true],
    ['example.com/tier in (edge)', false],
    ['example.com/tier notin (edge),app', true],
    ['other notin (x)', true],
    ['app', true],
    ['!app', false],
    ['!other', true],
    ['app > 1', undefined],
    ['app in web', undefined],
  ]
  test.each(rows)('%s: %s', (selector, met) => {
    const requirements = parseSelector(selector)
    expect(requirements === undefined ? undefined : meets(requirements, labels)).toBe(met)
  })
})

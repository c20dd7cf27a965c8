import { describe, expect, test } from 'vitest'
import { fillVariables } from '../../../../src/core/manifest/argocd/build-environment.ts'
import { fileGlob } from '../../../../src/core/manifest/argocd/file-glob.ts'
import { parameterSteps } from '../../../../src/core/manifest/argocd/parameter-path.ts'

describe('a glob over files', () => {
  const rows: [pattern: string, path: string, matches: boolean][] = [
    ['values/*.yaml', 'values/a.yaml', true],
    ['values/*.yaml', 'values/deep/a.yaml', false],
    ['values/**/*.yaml', 'values/a.yaml', true],
    ['values/**/*.yaml', 'values/deep/er/a.yaml', true],
    ['values/**', 'values/deep/a.yaml', true],
    ['v?lues/a.yaml', 'values/a.yaml', true],
    ['v?lues', 'v/lues', false],
    ['values/{a,b}.yaml', 'values/b.yaml', true],
    ['values/{a,b}.yaml', 'values/c.yaml', false],
    ['values/[a-c].yaml', 'values/b.yaml', true],
    ['values/[!a-c].yaml', 'values/b.yaml', false],
    ['values/a.yaml', 'values/axyaml', false],
    ['a,b', 'a,b', true],
  ]
  test.each(rows)('%s and %s: %s', (pattern, path, matches) => {
    expect(fileGlob(pattern)(path)).toBe(matches)
  })

  test('does not backtrack', () => {
    expect(fileGlob(`${'*a'.repeat(20)}b`)('a'.repeat(2000))).toBe(false)
  })
})

describe('the name of a Helm parameter', () => {
  const rows: [name: string, steps: (string | number)[] | undefined][] = [
    ['image.tag', ['image', 'tag']],
    ['images[0].tag', ['images', 0, 'tag']],
    ['a\\.b.c', ['a.b', 'c']],
    ['a[1][2]', ['a', 1, 2]],
    ['tag', ['tag']],
    ['', undefined],
    ['a..b', undefined],
    ['a[x]', undefined],
    ['a.', undefined],
  ]
  test.each(rows)('%s: %j', (name, steps) => {
    expect(parameterSteps(name)).toEqual(steps)
  })
})

describe('variables of Argo CD', () => {
  const rows: [text: string, filled: string | undefined][] = [
    ['values/$ARGOCD_APP_NAME.yaml', 'values/web.yaml'],
    [`$\{ARGOCD_APP_NAME}-x`, 'web-x'],
    ['a$$b', 'a$b'],
    ['plain', 'plain'],
    ['$ARGOCD_APP_REVISION', undefined],
  ]
  test.each(rows)('%s: %j', (text, filled) => {
    expect(fillVariables(text, new Map([['ARGOCD_APP_NAME', 'web']]))).toBe(filled)
  })
})

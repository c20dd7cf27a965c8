import { describe, expect, test } from 'vitest'
import { findDeclared } from '../../../src/core/manifest/declared.ts'
import { declaredThrough } from '../../../src/core/manifest/declared-through.ts'
import { buildOf } from '../../../src/core/manifest/kustomize/build.ts'
import { decidingPlace, enterAllMerged, mergedKeys, mergedText } from '../../../src/core/manifest/yaml/merged.ts'
import { whereIs } from '../../../src/core/manifest/yaml/place.ts'
import { folder, refusalOf } from './folder.ts'

const release = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  values:
    image: {repository: acme/web, tag: "1.0"}
    replicas: 1
    list: [a, b]
`
const identity = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace: 'shop', name: 'web' }

function declared(overlay: string, files: Record<string, string> = {}) {
  const snapshot = folder({
    'base/kustomization.yaml': 'resources: [release.yaml]\n',
    'base/release.yaml': release,
    'prod/kustomization.yaml': `resources: [../base]\nnamespace: shop\n${overlay}`,
    ...files,
  })
  return findDeclared(snapshot, buildOf(snapshot, 'prod'), identity)
}

const tag = ['spec', 'values', 'image', 'tag']

describe('a declared object is what its layers make of it', () => {
  const patch = (content: string) => `patches:\n  - target: {kind: HelmRelease, name: web}\n    patch: |\n${content}`
  test.each([
    ['the manifest alone', '', '1.0', 'base/release.yaml:6'],
    [
      'a patch that names the object',
      'patches:\n  - patch: |\n      kind: HelmRelease\n      metadata: {name: web}\n      spec: {values: {image: {tag: "2"}}}\n',
      '2',
      'prod/kustomization.yaml:7',
    ],
    [
      'a JSON patch of the value',
      patch('      - {op: replace, path: /spec/values/image/tag, value: "3"}\n'),
      '3',
      'prod/kustomization.yaml:6',
    ],
    [
      'a JSON patch of all above it',
      patch('      - {op: add, path: /spec/values, value: {image: {tag: "4"}}}\n'),
      '4',
      'prod/kustomization.yaml:6',
    ],
    [
      'the last of several patches',
      `${patch('      - {op: replace, path: /spec/values/image/tag, value: "3"}\n')}  - path: more.yaml\n`,
      '5',
      'prod/more.yaml:3',
    ],
    [
      'no patch for another object',
      'patches:\n  - path: more.yaml\n    target: {kind: HelmRelease, name: other}\n',
      '1.0',
      'base/release.yaml:6',
    ],
  ])('%s', (_, overlay, value, where) => {
    const more = 'kind: HelmRelease\nmetadata: {name: web}\nspec: {values: {image: {tag: "5"}}}\n'
    const { merged } = declared(overlay, { 'prod/more.yaml': more })
    const place = decidingPlace(enterAllMerged(merged, ...tag))
    expect([mergedText(enterAllMerged(merged, ...tag)), place && whereIs(place)]).toEqual([value, where])
  })

  test('what replaces a mapping leaves none of it, and null takes a key away', () => {
    const { merged } = declared(patch('      - {op: replace, path: /spec/values, value: {image: {tag: "4"}}}\n'))
    expect(mergedKeys(enterAllMerged(merged, 'spec', 'values'))).toEqual(['image'])
    expect(mergedText(enterAllMerged(merged, 'spec', 'values', 'image', 'repository'))).toBeUndefined()
    const nulled = declared(
      'patches:\n  - patch: |\n      kind: HelmRelease\n      metadata: {name: web}\n      spec: {values: {image: null}}\n',
    )
    expect(mergedKeys(enterAllMerged(nulled.merged, 'spec', 'values'))).toEqual(['replicas', 'list'])
  })

  test.each([
    ['an operation that moves', patch('      - {op: move, from: /spec/values/image/tag, path: /spec/values/x}\n')],
    ['a removal', patch('      - {op: remove, path: /spec/values/image}\n')],
    ['a patch that is not there', 'patches:\n  - path: missing.yaml\n'],
    [
      'a replacement',
      'replacements:\n  - source: {kind: ConfigMap}\n    targets:\n      - select: {kind: HelmRelease}\n        fieldPaths: [spec.values.image.tag]\n',
    ],
    ['a plugin', 'transformers: [plugin.yaml]\n'],
  ])('%s hides the value, and is named', (_, overlay) => {
    const refusal = refusalOf(() => mergedText(enterAllMerged(declared(overlay).merged, ...tag)))
    expect(refusal?.code).toBe('Masked')
    expect(refusal?.evidence.join()).toContain('prod/kustomization.yaml:')
  })

  test('an operation on a list changes that list only', () => {
    const { merged } = declared(patch('      - {op: add, path: /spec/values/list/-, value: c}\n'))
    expect(mergedText(enterAllMerged(merged, ...tag))).toBe('1.0')
    expect(refusalOf(() => decidingPlace(enterAllMerged(merged, 'spec', 'values', 'list')))?.code).toBe('Masked')
  })
})

describe('finding it', () => {
  test('by the name and namespace it has in the cluster', () => {
    const files = { 'prod/kustomization.yaml': 'resources: [../base]\nnamePrefix: prod-\nnamespace: shop\n' }
    const snapshot = folder({ 'base/kustomization.yaml': 'resources: [r.yaml]\n', 'base/r.yaml': release, ...files })
    const find = (more: object) => findDeclared(snapshot, buildOf(snapshot, 'prod'), { ...identity, ...more })
    expect(whereIs(find({ name: 'prod-web' }).manifest)).toBe('base/r.yaml:1')
    for (const more of [{ name: 'web' }, { name: 'prod-web', namespace: 'other' }, { name: 'prod-web', group: '' }]) {
      expect(refusalOf(() => find(more))?.code).toBe('NotTraced')
    }
  })

  test('twice is once too often', () => {
    const snapshot = folder({ 'a.yaml': release, 'b.yaml': release })
    const refusal = refusalOf(() => findDeclared(snapshot, buildOf(snapshot, ''), identity))
    expect([refusal?.code, refusal?.evidence]).toEqual(['Ambiguous', ['a.yaml:1', 'b.yaml:1']])
  })

  test('through the Kustomization that applies it, in the namespace that this forces', () => {
    const snapshot = folder({ 'apps/web.yaml': release })
    const branch = { repository: 'https://git.example.com/gitops', name: 'main', snapshot }
    const applier = {
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'apps',
      folder: { branch, path: 'apps' },
      targetNamespace: 'shop',
      alters: [],
    } as const
    const found = declaredThrough(applier, identity)
    expect([whereIs(found.manifest), found.branch]).toEqual(['apps/web.yaml:1', branch])
    expect(refusalOf(() => declaredThrough({ ...applier, targetNamespace: 'other' }, identity))?.code).toBe('NotTraced')
  })
})

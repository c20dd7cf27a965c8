import { describe, expect, test } from 'vitest'
import { buildOf } from '../../../../src/core/manifest/kustomize/build.ts'
import { folder, refusalOf } from '../folder.ts'

function sources(files: Record<string, string | null>, root: string): string[] {
  return buildOf(folder(files), root).sources.map(({ file, layers }) => {
    return [file, ...layers.map((layer) => layer.folder)].join(' < ')
  })
}

describe('buildOf', () => {
  test('a folder without kustomization takes all YAML files below it, with kustomized folders as units', () => {
    const files = {
      'a/one.yaml': '',
      'a/two.yml': '',
      'a/three.json': '',
      'a/deep/er/four.yaml': '',
      'a/unit/kustomization.yml': 'resources: [in.yaml, sub]',
      'a/unit/in.yaml': '',
      'a/unit/out.yaml': '',
      'a/unit/sub/Kustomization': 'resources: [five.yaml]',
      'a/unit/sub/five.yaml': '',
      'ab/other.yaml': '',
    }
    const wanted = [
      'a/deep/er/four.yaml',
      'a/one.yaml',
      'a/two.yml',
      'a/unit/in.yaml < a/unit',
      'a/unit/sub/five.yaml < a/unit/sub < a/unit',
    ]
    expect(sources(files, 'a')).toEqual(wanted)
    expect(sources(files, './a/')).toEqual(wanted)
  })

  test('bases are resources too, and paths may be written in many ways', () => {
    const files = {
      'o/kustomization.yaml': 'resources: [./x.yaml]\nbases: [../b//, ./../b/../c]',
      'o/x.yaml': '',
      'b/kustomization.yaml': 'resources: [y.yaml]',
      'b/y.yaml': '',
      'c/kustomization.yaml': 'resources: [z.yaml]',
      'c/z.yaml': '',
    }
    expect(sources(files, 'o')).toEqual(['o/x.yaml < o', 'b/y.yaml < b < o', 'c/z.yaml < c < o'])
  })

  test('a component acts on what was gathered before it, and before the kustomization that names it', () => {
    const component = (rest: string) => `kind: Component\n${rest}`
    const files = {
      'o/kustomization.yaml': 'resources: [x.yaml, ../b]\ncomponents: [../c1, ../c2]',
      'o/x.yaml': '',
      'b/kustomization.yaml': 'resources: [y.yaml]\ncomponents: [../c2]',
      'b/y.yaml': '',
      'c1/kustomization.yaml': component('resources: [one.yaml]'),
      'c1/one.yaml': '',
      'c2/kustomization.yaml': component('resources: [two.yaml]\ncomponents: [inner]'),
      'c2/two.yaml': '',
      'c2/inner/kustomization.yaml': component(''),
    }
    expect(sources(files, 'o').sort()).toEqual(
      [
        'o/x.yaml < c1 < c2/inner < c2 < o',
        'b/y.yaml < c2/inner < c2 < b < c1 < c2/inner < c2 < o',
        'c2/two.yaml < c2/inner < c2 < b < c1 < c2/inner < c2 < o',
        'c1/one.yaml < c1 < c2/inner < c2 < o',
        'c2/two.yaml < c2/inner < c2 < o',
      ].sort(),
    )
  })

  test('what cannot be followed is said, not guessed', () => {
    const build = buildOf(
      folder({
        'o/kustomization.yaml':
          'resources:\n- https://example.com/base\n- ../../out\n- link.yaml\n- gone.yaml\ncomponents: [no]\ngenerators: [g.yaml]\n',
        'o/link.yaml': null,
      }),
      'o',
    )
    expect(build.sources).toEqual([])
    expect(build.generated).toEqual(['o/kustomization.yaml:7 generators'])
    expect(build.unfollowed.map((line) => line.split(' is ')[0])).toEqual([
      'o/link.yaml',
      'o/kustomization.yaml:2 resource https://example.com/base',
      'o/kustomization.yaml:3 resource ../../out',
      'o/kustomization.yaml:5 resource gone.yaml',
      'o/kustomization.yaml:6 component no',
    ])
  })

  test.each(['resources:', 'resources: null', 'resources: []', 'resources: ~', 'resources: Null'])(
    '%s names nothing',
    (text) => {
      expect(buildOf(folder({ 'a/kustomization.yaml': `${text}\n` }), 'a').sources).toEqual([])
    },
  )

  test.each([
    [
      'a cycle',
      { 'a/kustomization.yaml': 'resources: [../b]', 'b/kustomization.yaml': 'resources: [../a]' },
      /a -> b -> a/,
    ],
    ['itself', { 'a/kustomization.yaml': 'resources: [.]' }, /a -> a/],
    ['two files in a folder', { 'a/kustomization.yaml': '', 'a/Kustomization': '' }, /in one folder/],
    [
      'resources as a mapping',
      { 'a/kustomization.yaml': 'images: []\nresources: {a: b}\n' },
      /a\/kustomization.yaml:2 resources/,
    ],
    ['resources as a word', { 'a/kustomization.yaml': 'resources: a.yaml' }, /a\/kustomization.yaml:1 resources/],
    [
      'a resource as a mapping',
      { 'a/kustomization.yaml': 'resources:\n- a: b\n' },
      /a\/kustomization.yaml:2 resources/,
    ],
    ['components as a mapping', { 'a/kustomization.yaml': 'components: {a: b}' }, /yaml:1 components must be a list/],
    ['a broken file', { 'a/kustomization.yaml': 'a: [' }, /a\/kustomization.yaml:1/],
    ['a symlink', { 'a/kustomization.yaml': null }, /no regular text file/],
  ])('%s is refused', (_, files, why) => {
    const refusal = refusalOf(() => buildOf(folder(files), 'a'))
    expect(refusal?.code).toBe('ManifestInvalid')
    expect(refusal?.message).toMatch(why)
  })

  test('bases that double at each level end in a refusal, not in a long wait', () => {
    const levels = Array.from({ length: 40 }, (_, level): [string, string] => {
      return [`l${level}/kustomization.yaml`, `resources: [../l${level + 1}, ../l${level + 1}/]`]
    })
    expect(refusalOf(() => buildOf(folder(Object.fromEntries(levels)), 'l0'))?.message).toMatch(/more than 50000/)
  })

  test('a very long chain is refused', () => {
    const levels = Array.from({ length: 100 }, (_, level): [string, string] => {
      return [`l${level}/kustomization.yaml`, `resources: [../l${level + 1}]`]
    })
    expect(refusalOf(() => buildOf(folder(Object.fromEntries(levels)), 'l0'))?.message).toMatch(/more than 64/)
  })
})

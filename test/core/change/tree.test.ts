import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { objectId } from '../../../src/core/change/object-id.ts'
import { overlay, parseTree, renderChange, spliceTree, type TreeSource } from '../../../src/core/change/tree.ts'
import { FairleadError } from '../../../src/errors.ts'

type Entry = [mode: string, name: string | Buffer, id: string]

const rawTree = (...entries: Entry[]): Buffer =>
  Buffer.concat(
    entries.flatMap(([mode, name, id]) => [
      Buffer.from(`${mode} `),
      Buffer.from(name),
      Buffer.from([0]),
      Buffer.from(id, 'hex'),
    ]),
  )

const blobId = (text: string): string => objectId('blob', Buffer.from(text))
const treeId = (raw: Uint8Array): string => objectId('tree', raw)
const a = 'a'.repeat(40)
const b = 'b'.repeat(40)

/** apps/web/{deployment.yaml,run.sh,link.yaml}, apps/api.yaml, README.md */
function source(): TreeSource {
  const web = rawTree(
    ['100644', 'deployment.yaml', blobId('image: web:1\n')],
    ['120000', 'link.yaml', a],
    ['100755', 'run.sh', blobId('true\n')],
  )
  const apps = rawTree(['100644', 'api.yaml', blobId('image: api:1\n')], ['40000', 'web', treeId(web)])
  const root = rawTree(['100644', 'README.md', blobId('hi\n')], ['40000', 'apps', treeId(apps)], ['160000', 'sub', b])
  const trees = new Map([
    ['', root],
    ['apps', apps],
    ['apps/web', web],
  ])
  return { tree: (folder) => trees.get(folder) }
}

const codeOf = (call: () => unknown): string => {
  try {
    call()
    return 'no error'
  } catch (error) {
    return error instanceof FairleadError ? error.code : String(error)
  }
}

describe('spliceTree', () => {
  const odd = rawTree(
    ['100664', 'a.yaml', a],
    ['40000', 'b', a],
    ['100644', Buffer.from('caf\xe9', 'latin1'), a],
    ['040000', 'zero-padded', a],
  )

  test.each(['a.yaml', 'b', 'zero-padded'])('changes only the id of %s', (name) => {
    const spliced = Buffer.from(spliceTree(odd, name, b))
    const changed = parseTree(spliced).filter((entry) => entry.id === b)
    expect(changed.map((entry) => Buffer.from(entry.name).toString())).toEqual([name])
    expect(Buffer.from(spliceTree(spliced, name, a)).equals(odd)).toBe(true)
    expect(spliced.length).toBe(odd.length)
  })

  test('leaves the tree it was given alone', () => {
    const before = Buffer.from(odd)
    spliceTree(odd, 'b', b)
    expect(odd.equals(before)).toBe(true)
  })

  test('refuses a name that is not there', () => {
    expect(codeOf(() => spliceTree(odd, 'none', b))).toBe('NotEditable')
    expect(codeOf(() => spliceTree(odd, 'café', b))).toBe('NotEditable')
  })

  test('of an id that is there already changes nothing', () => {
    const name = fc
      .string({ minLength: 1 })
      .filter((text) => !/[\0/]/.test(text) && Buffer.from(text).toString() === text)
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), fc.nat(), (names, at) => {
        const raw = rawTree(...names.map((one): Entry => ['100644', one, blobId(one)]))
        const chosen = names[at % names.length] ?? ''
        expect(Buffer.from(spliceTree(raw, chosen, blobId(chosen))).equals(raw)).toBe(true)
      }),
    )
  })
})

describe('parseTree', () => {
  test('reads modes with six digits, names as bytes and ids', () => {
    const [folder, file] = parseTree(rawTree(['40000', 'x', a], ['100644', Buffer.from([0xe9]), b]))
    expect(folder).toMatchObject({ mode: '040000', id: a })
    expect(file).toMatchObject({ mode: '100644', id: b })
    expect([...(file?.name ?? [])]).toEqual([0xe9])
  })

  test.each([
    ['without an id', Buffer.from('100644 a\0')],
    ['cut in the id', rawTree(['100644', 'a', a]).subarray(0, -1)],
    ['without a name', Buffer.from('100644')],
  ])('refuses a tree %s', (_, raw) => expect(codeOf(() => parseTree(raw))).toBe('GitUnavailable'))
})

describe('renderChange', () => {
  test('makes the new blob and every tree above it, the root last', () => {
    const change = renderChange(source(), new Map([['apps/web/deployment.yaml', 'image: web:2\n']]))
    expect(change.objects.map(({ type }) => type)).toEqual(['blob', 'tree', 'tree', 'tree'])
    expect(change.objects.at(-1)?.id).toBe(change.root)
    expect(change.objects[0]?.id).toBe(blobId('image: web:2\n'))
    for (const { type, id, bytes } of change.objects) expect(objectId(type, bytes)).toBe(id)
    const root = parseTree(change.tree('') ?? Buffer.alloc(0))
    expect(root.map(({ id }) => id)).toEqual([blobId('hi\n'), treeId(change.tree('apps') ?? Buffer.alloc(0)), b])
  })

  test('renders a folder once however many files in it change', () => {
    const edits = new Map([
      ['apps/web/deployment.yaml', 'image: web:2\n'],
      ['apps/web/run.sh', 'false\n'],
      ['README.md', 'new\n'],
    ])
    const change = renderChange(source(), edits)
    expect(change.objects.map(({ type }) => type)).toEqual(['blob', 'blob', 'blob', 'tree', 'tree', 'tree'])
  })

  test('is the same in any order of the edits', () => {
    const edits: [string, string][] = [
      ['apps/web/deployment.yaml', 'x: 1\n'],
      ['apps/api.yaml', 'y: 1\n'],
      ['README.md', 'z\n'],
    ]
    const roots = [edits, [...edits].reverse()].map((order) => renderChange(source(), new Map(order)).root)
    expect(roots[0]).toBe(roots[1])
  })

  test('of text that is there already is nothing', () => {
    const change = renderChange(source(), new Map([['apps/api.yaml', 'image: api:1\n']]))
    expect(change.objects).toEqual([])
    expect(change.root).toBe(treeId(source().tree('') ?? Buffer.alloc(0)))
  })

  test('renders on top of another change as if both were one', () => {
    const first = renderChange(source(), new Map([['apps/api.yaml', 'v: 1\n']]))
    const second = renderChange(first, new Map([['apps/web/deployment.yaml', 'v: 2\n']]))
    const both = new Map([
      ['apps/api.yaml', 'v: 1\n'],
      ['apps/web/deployment.yaml', 'v: 2\n'],
    ])
    expect(second.root).toBe(renderChange(source(), both).root)
    expect(renderChange(second, new Map([['apps/api.yaml', 'image: api:1\n']])).root).not.toBe(second.root)
  })

  test.each([
    ['a symlink', 'apps/web/link.yaml'],
    ['a folder', 'apps/web'],
    ['a submodule', 'sub'],
    ['a file that is not there', 'apps/none.yaml'],
    ['a folder that is not there', 'none/a.yaml'],
    ['a way out', '../etc/passwd'],
    ['nothing', ''],
  ])('refuses %s', (_, path) => {
    expect(codeOf(() => renderChange(source(), new Map([[path, 'x']])))).toBe('NotEditable')
  })
})

describe('overlay', () => {
  test('shows the new texts over the old ones', () => {
    const base = { ...source(), revision: a, paths: ['apps/api.yaml'], text: () => 'old\n', mode: () => '100644' }
    const edits = new Map([['apps/api.yaml', 'new\n']])
    const rendered = renderChange(base, edits)
    const after = overlay(base, { rendered, edits, revision: b })
    expect(after.revision).toBe(b)
    expect(after.text('apps/api.yaml')).toBe('new\n')
    expect(after.text('README.md')).toBe('old\n')
    expect(after.mode('apps/api.yaml')).toBe('100644')
    expect(after.paths).toBe(base.paths)
    expect(treeId(after.tree('') ?? Buffer.alloc(0))).toBe(rendered.root)
  })
})

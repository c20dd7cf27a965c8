import { expect, test } from 'vitest'
import { renovateComment, slotMarkers } from '../../../../src/core/manifest/slot/slot-marker.ts'
import { folder } from '../folder.ts'

const text = `images:
  - name: ghcr.io/acme/web
    newName: ghcr.io/acme/web # {"$imagepolicy": "flux-system:web:name"}
    newTag: 1.0.0 # {"$imagepolicy": "flux-system:web:tag"}
  - name: db
    newTag: 2.0.0 # {"$imagepolicy": "flux-system:db:tag"}
`
const snapshot = {
  revision: '1',
  paths: ['k.yaml'],
  text: (path: string) => (path === 'k.yaml' ? text : undefined),
  mode: () => '100644',
}
const field = (keyPath: string) => ({ role: 'tag' as const, keyPath, value: '', line: 1 })

test('the markers of a slot are those beside its own fields', () => {
  const slot = { file: 'k.yaml', fields: [field('0:images[0].newName'), field('0:images[0].newTag')] }
  expect(slotMarkers(snapshot, slot)).toEqual([
    { namespace: 'flux-system', name: 'web', part: 'name', where: 'k.yaml:3' },
    { namespace: 'flux-system', name: 'web', part: 'tag', where: 'k.yaml:4' },
  ])
})

test('a slot in a file that is gone has none', () => {
  expect(slotMarkers(snapshot, { file: 'gone.yaml', fields: [field('0:images[0].newTag')] })).toEqual([])
})

const commented: [says: string, text: string, where: string | undefined][] = [
  ['beside the value', 'image: web:1 # renovate: datasource=docker depName=web\n', 'f.yaml:1'],
  ['in the line above', '# renovate: datasource=docker\nimage: web:1\n', 'f.yaml:2'],
  ['in an indented line above', 'x: y\n  #renovate: x\nimage: web:1\n', 'f.yaml:3'],
  ['two lines above, where it is about another', '# renovate: x\nother: y\nimage: web:1\n', undefined],
  ['in other words', '# see renovate: docs\nimage: web:1 # no renovate here\n', undefined],
]

test.each(commented)('a comment of Renovate %s', (_, text, where) => {
  const line = text.split('\n').findIndex((one) => one.startsWith('image:')) + 1
  const slot = { file: 'f.yaml', fields: [{ role: 'reference', keyPath: '0:image', value: 'web:1', line } as const] }
  expect(renovateComment(folder({ 'f.yaml': text }), slot)).toBe(where)
})

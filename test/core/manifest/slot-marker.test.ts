import { expect, test } from 'vitest'
import { slotMarkers } from '../../../src/core/manifest/slot-marker.ts'

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

import { describe, expect, test } from 'vitest'
import { isObjectId, objectId } from '../../../src/core/change/object-id.ts'

describe('the id of an object', () => {
  const rows: [title: string, type: 'blob' | 'tree', content: string, id: string][] = [
    ['an empty blob, as git hash-object says', 'blob', '', 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'],
    ['the empty tree', 'tree', '', '4b825dc642cb6eb9a060e54bf8d69288fbee4904'],
    ['the blob of the Git book', 'blob', 'test content\n', 'd670460b4b4aece5915caf5c68d12f560a9fe3e4'],
  ]
  test.each(rows)('%s', (_, type, content, id) => expect(objectId(type, Buffer.from(content))).toBe(id))

  test('is forty lower-case hex digits and nothing else', () => {
    expect(isObjectId('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391')).toBe(true)
    for (const other of ['', 'e69de29', 'E69DE29BB2D1D6434B8B29AE775AD8C2E48C5391', `${'a'.repeat(40)}\n`, 'HEAD']) {
      expect(isObjectId(other)).toBe(false)
    }
  })
})

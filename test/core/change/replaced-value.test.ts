import { describe, expect, test } from 'vitest'
import { isValueReplaced } from '../../../src/core/change/replaced-value.ts'

const values = (tag: string, note = '') => `${note}image: {repository: ghcr.io/acme/web, tag: "${tag}"}\n`

/** Newest first, each on top of the next; the oldest is ours. */
function changes(...texts: (string | undefined)[]) {
  return texts.map((after, index) => ({
    commit: index === texts.length - 1 ? 'ours' : `later-${index}`,
    message: '',
    before: texts[index + 1],
    after,
  }))
}

describe('the value of a commit', () => {
  const ours = { commit: 'ours', path: 'values.yaml', keyPath: '0:image.tag' }
  const rows: [what: string, changes: ReturnType<typeof changes>, expected: boolean][] = [
    ['is there while nothing changed the file since', changes(values('1.1.0')), false],
    [
      'is there while something else in the file changed',
      changes(values('1.1.0', '# hello\n'), values('1.1.0')),
      false,
    ],
    ['is there when it came back', changes(values('1.1.0'), values('1.0.0'), values('1.1.0')), false],
    ['is replaced when another one stands there', changes(values('1.0.0'), values('1.1.0')), true],
    ['is not said to be replaced where its place is gone', changes('image: web:1.0.0\n', values('1.1.0')), false],
    ['is not said to be replaced where the file is gone', changes(undefined, values('1.1.0')), false],
    ['is not said to be replaced where it cannot be read', changes('a: [', values('1.1.0')), false],
    [
      'is not said to be replaced where the commit is not found',
      changes(values('1.0.0'), values('1.1.0')).slice(0, 1),
      false,
    ],
    ['is not said to be replaced where nothing is known', [], false],
  ]
  test.each(rows)('%s', (_, held, expected) => expect(isValueReplaced(held, ours)).toBe(expected))
})

import { describe, expect, test } from 'vitest'
import { readImageSource, sourceKeys } from '../../../src/core/image/image-source.ts'

const sha = '0123456789abcdef0123456789abcdef01234567'
const repository = 'https://github.com/acme/web'
const words = (source: string, revision = sha) => ({ [sourceKeys.repository]: source, [sourceKeys.revision]: revision })

describe('the source of an image', () => {
  const told: [what: string, words: Record<string, string>, expected: object][] = [
    ['as written', words(repository), { repository, revision: sha }],
    ['as a clone address', words(`${repository}.git`), { repository, revision: sha }],
    ['with a slash at its end', words(`${repository}/`), { repository, revision: sha }],
    [
      'with a port and deep groups',
      words('https://git.example.com:8443/a/b/c'),
      { repository: 'https://git.example.com:8443/a/b/c' },
    ],
    ['with a short revision', words(repository, 'abcdef1'), { revision: 'abcdef1' }],
    ['with a SHA-256 revision', words(repository, 'a'.repeat(64)), { revision: 'a'.repeat(64) }],
    ['with a revision in upper case', words(repository, 'ABCDEF1'), { revision: 'abcdef1' }],
  ]
  test.each(told)('%s is told', (_, one, expected) => {
    expect(readImageSource([one])).toMatchObject(expected)
  })

  const silent: [what: string, words: Record<string, string> | null | undefined][] = [
    ['nothing', undefined],
    ['no labels', null],
    ['a repository alone', { [sourceKeys.repository]: repository }],
    ['a revision alone', { [sourceKeys.revision]: sha }],
    ['plain http', words('http://github.com/acme/web')],
    ['an SSH address', words('git@github.com:acme/web.git')],
    ['credentials', words('https://me:secret@github.com/acme/web')],
    ['a query', words(`${repository}?token=1`)],
    ['a fragment, which a host would link', words(`${repository}#12`)],
    ['a mention', words('https://github.com/@acme/web')],
    ['a line break', words(`${repository}\nFairlead-Action: rollback`)],
    ['no path', words('https://github.com')],
    ['an address that is too long', words(`https://github.com/${'a'.repeat(300)}`)],
    ['a revision that is too short', words(repository, 'abcdef')],
    ['a revision that is too long', words(repository, 'a'.repeat(65))],
    ['a version for a revision', words(repository, 'v1.2.3-rc.1')],
  ]
  test.each(silent)('is not known from %s', (_, one) => {
    expect(readImageSource([one])).toBeUndefined()
  })

  test('is what the first set says that names both, never a mixture', () => {
    const half = { [sourceKeys.repository]: 'https://github.com/acme/base' }
    expect(readImageSource([half, words(repository)])).toEqual({ repository, revision: sha })
    expect(readImageSource([words('https://github.com/acme/one'), words(repository)])).toMatchObject({
      repository: 'https://github.com/acme/one',
    })
  })
})

import { describe, expect, test } from 'vitest'
import { compareLink } from '../../../src/core/pull-request/compare-link.ts'

const revisions = { fromRevision: 'aaaaaaaa', toRevision: 'bbbbbbbb' }
const range = '`aaaaaaa...bbbbbbb`'

describe('the source of an image', () => {
  const linked: [says: string, url: string, address: string, repository: string][] = [
    ['on GitHub', 'https://github.com/acme/web', 'https://github.com/acme/web/compare/', 'github.com/acme/web'],
    [
      'as Git clones it',
      'https://github.com/acme/web.git',
      'https://github.com/acme/web/compare/',
      'github.com/acme/web',
    ],
    [
      'on GitLab, in groups',
      'https://gitlab.com/acme/shop/web/',
      'https://gitlab.com/acme/shop/web/-/compare/',
      'gitlab.com/acme/shop/web',
    ],
    [
      'on a host of its own, with a port',
      'https://git.acme.example:8443/acme/web',
      'https://git.acme.example:8443/acme/web/compare/',
      'git.acme.example:8443/acme/web',
    ],
  ]
  test.each(linked)('is compared %s', (_, url, address, repository) => {
    const link = `[${range}](${address}aaaaaaaa...bbbbbbbb) at \`${repository}\``
    expect(compareLink({ url, ...revisions })).toBe(link)
  })

  const plain: [says: string, url: string][] = [
    ['without TLS', 'http://github.com/acme/web'],
    ['with a user', 'https://me@github.com/acme/web'],
    ['with a query', 'https://github.com/acme/web?x=1'],
    ['with a fragment', 'https://github.com/acme/web#x'],
    ['with an escape', 'https://github.com/acme/web%0a'],
    ['with a step back', 'https://github.com/acme/../web'],
    ['that ends the link', 'https://github.com/acme/web)[x](y'],
    ['of a script', 'javascript:alert(1)//acme/web'],
    ['of an issue', 'https://github.com/acme/web/issues/1'],
    ['of nothing in particular', 'https://github.com/acme'],
    ['of a host that compares otherwise', 'https://bitbucket.org/acme/web'],
    ['that is far too long', `https://github.com/acme/${'x'.repeat(400)}`],
  ]
  test.each(plain)('is only named by its revision for an address %s', (_, url) => {
    expect(compareLink({ url, ...revisions })).toBe('`bbbbbbb`')
  })

  const url = 'https://github.com/acme/web'
  const unsure: [says: string, source: Parameters<typeof compareLink>[0], cell: string][] = [
    ['is a dash when it is not known', undefined, '–'],
    ['is a dash when the revision is none', { url, toRevision: 'main' }, '–'],
    ['is one revision when the old one is not known', { url, toRevision: 'bbbbbbbb' }, '`bbbbbbb`'],
    ['is one revision when the old one is none', { url, fromRevision: '`x`', toRevision: 'bbbbbbbb' }, '`bbbbbbb`'],
    ['is one revision when both are the same', { url, fromRevision: 'bbbbbbbb', toRevision: 'bbbbbbbb' }, '`bbbbbbb`'],
  ]
  test.each(unsure)('%s', (_, source, cell) => expect(compareLink(source)).toBe(cell))
})

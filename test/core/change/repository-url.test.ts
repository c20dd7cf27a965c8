import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  normaliseRepositoryUrl,
  parseRepositoryUrl,
  withoutCredentials,
} from '../../../src/core/change/repository-url.ts'
import { FairleadError } from '../../../src/errors.ts'

describe('normaliseRepositoryUrl', () => {
  // The first three are addresses that Flux' notification-controller accepts.
  const rows: [url: string, name: string][] = [
    ['git@gitlab.com:foo/bar.git', 'gitlab.com/foo/bar'],
    ['ssh://git@github.com/stefanprodan/podinfo', 'github.com/stefanprodan/podinfo'],
    ['git@gitlab.com:foo/bar/foo.git', 'gitlab.com/foo/bar/foo'],
    ['https://github.com/acme/gitops', 'github.com/acme/gitops'],
    ['https://GitHub.com/acme/GitOps.git', 'github.com/acme/GitOps'],
    ['https://github.com/acme/gitops/', 'github.com/acme/gitops'],
    ['https://user:secret@github.com/acme/gitops', 'github.com/acme/gitops'],
    ['http://git.local:3000/acme/gitops', 'git.local:3000/acme/gitops'],
    ['https://git.local:443/acme/gitops', 'git.local/acme/gitops'],
    ['ssh://git@git.local:22/acme/gitops.git', 'git.local/acme/gitops'],
    ['ssh://git@git.local:2222/acme/gitops.git', 'git.local:2222/acme/gitops'],
    ['git.local:acme/gitops', 'git.local/acme/gitops'],
    ['git@git.local:/srv/git/a.git', 'git.local/srv/git/a'],
    ['https://[::1]:8443/a/b', '[::1]:8443/a/b'],
    ['https://dev.azure.com/org/my%20project/_git/repo', 'dev.azure.com/org/my%20project/_git/repo'],
  ]
  test.each(rows)('%s is %s', (url, name) => expect(normaliseRepositoryUrl(url)).toBe(name))

  test('is the same for all ways to write one repository', () => {
    const names = [
      'git@github.com:a/b.git',
      'ssh://git@github.com/a/b',
      'https://GITHUB.com/a/b.git',
      'http://github.com/a/b/',
    ]
    expect(new Set(names.map(normaliseRepositoryUrl)).size).toBe(1)
  })
})

describe('parseRepositoryUrl', () => {
  const refused = [
    '',
    '/srv/git/a.git',
    './a',
    'file:///srv/git/a.git',
    'ext::sh -c id',
    'ext::id',
    'git://github.com/a/b',
    'ftp://github.com/a/b',
    '-oProxyCommand=id:a',
    'ssh://-oProxyCommand=id/a',
    'git@-oProxyCommand=id:a',
    'git@host:-a',
    'https://github.com',
    'https://github.com/',
    'https://github.com/a/../b',
    'https://github.com/a%2f..%2fb',
    'https://github.com/a%0ab',
    'https://github.com/a\nb',
    'https://github.com/a b',
    'https://github.com/a?x=1',
    'https://github.com/a#x',
    'https://host:port/a',
    'https:///a',
    `https://github.com/${'a'.repeat(3000)}`,
  ]
  test.each(refused)('refuses %j', (url) => {
    expect(() => parseRepositoryUrl(url)).toThrow(FairleadError)
    expect(() => parseRepositoryUrl(url)).toThrow(/not a repository address/)
  })

  test('never shows a password', () => {
    expect(() => parseRepositoryUrl('ftp://user:hunter2@host/a')).toThrow(/^((?!hunter2).)*$/)
    expect(withoutCredentials('https://user:hunter2@host/a')).toBe('https://host/a')
  })

  test('either refuses or gives a host and a path', () => {
    fc.assert(
      fc.property(fc.string(), (url) => {
        try {
          const { host, path } = parseRepositoryUrl(url)
          expect(host).not.toMatch(/^-|[\s/@]/)
          expect(path).not.toMatch(/^-|[\0-\x20]/)
        } catch (error) {
          expect(error).toBeInstanceOf(FairleadError)
        }
      }),
    )
  })
})

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { branchRef } from '../../../src/adapters/git/branch-name.ts'
import { encodePack } from '../../../src/adapters/git/isomorphic/pack.ts'
import { decodePackets, encodePacket, flushPacket } from '../../../src/adapters/git/isomorphic/pkt-line.ts'
import { checkRemote, type GitCredentials } from '../../../src/adapters/git/settings.ts'
import { renderObject } from '../../../src/core/change/object-id.ts'
import { hasGit } from '../../fakes/git-http-server.ts'

describe('packets', () => {
  test('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 100 })), (texts) => {
        const bytes = Buffer.concat([...texts.map(encodePacket), flushPacket])
        const back = decodePackets(bytes).map((packet) => packet?.toString('utf8'))
        expect(back).toEqual([...texts.map((text) => Buffer.from(text).toString('utf8')), undefined])
      }),
    )
  })

  test.each(['00', 'zzzz', '0003', '0009ab', '<html>'])('that are cut off or foreign are refused: %j', (text) => {
    expect(() => decodePackets(Buffer.from(text))).toThrow(/cut off or not in the Git protocol/)
  })
})

describe.skipIf(!hasGit())('a pack', () => {
  test('is read by git index-pack --strict, whatever the sizes', () => {
    const dir = mkdtempSync(join(tmpdir(), 'pack-'))
    try {
      const sizes = [0, 1, 15, 16, 17, 2047, 2048, 2049, 300_000]
      const objects = sizes.map((size) => renderObject('blob', Buffer.alloc(size, size % 251)))
      execFileSync('git', ['init', '--quiet', '--bare', dir])
      execFileSync('git', ['index-pack', '--strict', '--stdin'], { cwd: dir, input: encodePack(objects) })
      for (const { id, bytes } of objects) {
        expect(execFileSync('git', ['cat-file', '-s', id], { cwd: dir }).toString().trim()).toBe(String(bytes.length))
      }
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

describe('branchRef', () => {
  const names = [
    'main',
    'fairlead/prod-web',
    'v1.2',
    'a@b',
    'Ünï',
    'HEAD',
    '@',
    'a..b',
    'a.',
    '.a',
    'a/.b',
    'a//b',
    '/a',
  ]
  const more = [
    'a/',
    'a.lock',
    'a.lock/b',
    'a b',
    'a~b',
    'a^b',
    'a:b',
    'a?b',
    'a*b',
    'a[b',
    'a\\b',
    'a@{b',
    'a\x7fb',
    '-a',
    'a/-b',
  ]
  const stricter = new Set(['a/-b', '@'])

  test.skipIf(!hasGit()).each([...names, ...more])('agrees with git check-ref-format --branch about %j', (name) => {
    let expected = true
    try {
      execFileSync('git', ['check-ref-format', '--branch', name], { stdio: 'ignore' })
    } catch {
      expected = false
    }
    const allowed = (() => {
      try {
        return branchRef(name) === `refs/heads/${name}`
      } catch {
        return false
      }
    })()
    expect(allowed).toBe(expected && !stricter.has(name))
  })
})

describe('checkRemote', () => {
  const key: GitCredentials = { sshKeyFile: 'k', knownHostsFile: 'h' }
  const token: GitCredentials = { tokenFile: 't' }
  const rows: [title: string, url: string, credentials: GitCredentials | undefined, words: RegExp][] = [
    ['a password in the URL', 'https://u:hunter2@h/a', undefined, /^https:\/\/h\/a: credentials do not belong/],
    ['a user in an https URL', 'https://u@h/a', undefined, /credentials do not belong/],
    ['a password in an ssh URL', 'ssh://git:hunter2@h/a', key, /^ssh:\/\/h\/a: credentials do not belong/],
    ['plain http', 'http://h/a', token, /plain http is refused/],
    ['a token for ssh', 'git@h:a', token, /ssh needs sshKeyFile/],
    ['a key for https', 'https://h/a', key, /https needs tokenFile/],
  ]
  test.each(rows)('refuses %s', (_, url, credentials, words) => {
    const settings = credentials === undefined ? { url, insecure: false } : { url, insecure: false, credentials }
    expect(() => checkRemote(settings)).toThrow(words)
  })

  test('knows the origin that a login belongs to', () => {
    expect(checkRemote({ url: 'https://H.example:8443/a/b', insecure: false }).origin).toBe('https://h.example:8443/')
    expect(checkRemote({ url: 'git@h:a/b', insecure: false, credentials: key }).protocol).toBe('ssh')
  })
})

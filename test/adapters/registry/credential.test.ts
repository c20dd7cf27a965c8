import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createCredentialSource } from '../../../src/adapters/registry/credential.ts'

const folder = mkdtempSync(join(tmpdir(), 'fairlead-credential-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'config.json')

const find = (content: unknown, registry = 'ghcr.io', repository = 'acme/web') => {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return createCredentialSource(path).find(registry, repository)
}
const auth = (pair: string) => Buffer.from(pair).toString('base64')
const basic = (username: string, password: string) => ({ type: 'basic', username, password })

describe('a docker config.json', () => {
  const found: [string, unknown, [string, string], unknown][] = [
    ['auth', { 'ghcr.io': { auth: auth('robot:pass:word') } }, ['ghcr.io', 'a/b'], basic('robot', 'pass:word')],
    [
      'user name and password',
      { 'ghcr.io': { username: 'robot', password: 'x' } },
      ['ghcr.io', 'a/b'],
      basic('robot', 'x'),
    ],
    [
      'an identity token, before an empty auth',
      { 'ghcr.io': { auth: auth('0:'), identitytoken: 't' } },
      ['ghcr.io', 'a/b'],
      { type: 'identity', token: 't' },
    ],
    [
      'a key with scheme and version',
      { 'https://ghcr.io/v2/': { auth: auth('a:b') } },
      ['ghcr.io', 'a/b'],
      basic('a', 'b'),
    ],
    [
      "Docker Hub's old key",
      { 'https://index.docker.io/v1/': { auth: auth('a:b') } },
      ['docker.io', 'library/nginx'],
      basic('a', 'b'),
    ],
    [
      'a host with port',
      { 'localhost:5000': { auth: auth('a:b') }, localhost: { auth: auth('c:d') } },
      ['localhost:5000', 'x'],
      basic('a', 'b'),
    ],
    [
      'the longest path that fits',
      {
        'ghcr.io': { auth: auth('all:x') },
        'ghcr.io/acme': { auth: auth('acme:x') },
        'ghcr.io/ac': { auth: auth('ac:x') },
      },
      ['ghcr.io', 'acme/web'],
      basic('acme', 'x'),
    ],
    [
      'what stands beside prototype keys',
      JSON.parse('{"__proto__":{"auth":"eA=="},"ghcr.io":{"username":"a","password":"b"}}'),
      ['ghcr.io', 'x'],
      basic('a', 'b'),
    ],
  ]
  it.each(found)('gives %s', async (_, auths, [registry, repository], expected) => {
    expect(await find({ auths }, registry, repository)).toEqual(expected)
  })

  const refused: [string, unknown, RegExp][] = [
    ['no entry for the host', { auths: { 'quay.io': { auth: auth('a:b') } } }, /auths has no entry for ghcr\.io/],
    ['no entries', {}, /auths has no entry/],
    ['a helper for the host', { credHelpers: { 'ghcr.io': 'gh' } }, /credHelpers\["ghcr\.io"\]/],
    ['a store and an emptied entry', { auths: { 'ghcr.io': {} }, credsStore: 'desktop' }, /credsStore/],
    ['half a credential', { auths: { 'ghcr.io': { username: 'robot' } } }, /auths\["ghcr\.io"\] needs auth/],
    [
      'an auth that is no pair',
      { auths: { 'ghcr.io': { auth: auth('hunter2hunter2') } } },
      /auths\["ghcr\.io"\]\.auth/,
    ],
    ['a wrong type', { auths: { 'ghcr.io': { auth: 5 } } }, /auths\.ghcr\.io\.auth has the wrong type/],
    ['no JSON', '{"auths":{"ghcr.io":{"auth":hunter2hunter2}}}', /is not JSON/],
    ['too much', ' '.repeat(1024 * 1024 + 1), /at most/],
  ]
  it.each(refused)('with %s is refused, naming file and key but no value', async (_, content, message) => {
    const failure = await find(content).catch((error) => error)
    expect(failure).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(message) })
    expect(failure.message).toContain(path)
    expect(failure.stack).not.toMatch(/hunter2|aHVudGVyMg/)
  })

  it('with a helper for another host is fine', async () => {
    const content = {
      auths: { 'ghcr.io': { auth: auth('a:b') } },
      credHelpers: { 'gcr.io': 'gcloud' },
      credsStore: 'desktop',
    }
    expect(await find(content)).toEqual(basic('a', 'b'))
  })
})

import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSigner } from '../../../src/adapters/git/ssh-signer.ts'
import { signCommit } from '../../../src/core/change/signature.ts'
import { FairleadError } from '../../../src/errors.ts'
import { hasGit } from '../../fakes/git-http-server.ts'

const who = { name: 'fairlead', email: 'fairlead@example.com' }
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
const draft = { tree: emptyTree, parents: [], author: who, committer: who, date: new Date(1e12), message: 'signed ☃\n' }

function hasKeygen(): boolean {
  try {
    execFileSync('ssh-keygen', ['-?'], { stdio: 'ignore' })
    return true
  } catch (error) {
    return error instanceof Error && 'status' in error && typeof error.status === 'number'
  }
}

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'signer-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const refusal = async (file: string): Promise<FairleadError> => {
  const error: unknown = await readSigner(file).catch((reason) => reason)
  if (!(error instanceof FairleadError)) throw new Error(`no refusal: ${error}`)
  return error
}

describe('readSigner', () => {
  test('signs with an ed25519 key in PEM form so that the public key verifies', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const file = join(dir, 'ed25519.pem')
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const signer = await readSigner(file)
    const data = Buffer.from('data')
    const signature = Buffer.from(signer.sign(data)).subarray(-64)
    expect(verify(null, data, publicKey, signature)).toBe(true)
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    expect(Buffer.from(signer.publicKey).subarray(-32).equals(raw)).toBe(true)
  })

  const refused: [title: string, content: () => string, words: RegExp][] = [
    ['an encrypted PEM key', () => encryptedPem(), /encrypted/],
    ['another kind of key', () => ecKey(), /type ec is not ed25519 or RSA/],
    ['a public key', () => 'ssh-ed25519 AAAA comment\n', /not an unencrypted private key/],
    ['an empty file', () => '', /not an unencrypted private key/],
    ['a cut container', () => openSsh(Buffer.from('openssh-key-v1\0\0\0')), /cut off or damaged/],
    ['a length beyond the end', () => openSsh(Buffer.from('openssh-key-v1\0\xff\xff\xff\xff', 'latin1')), /damaged/],
    ['another container', () => openSsh(Buffer.from('something else entirely')), /not an OpenSSH private key/],
    ['a huge file', () => 'x'.repeat(100_000), /100000 bytes/],
  ]
  test.each(refused)('refuses %s and does not quote it', async (title, content, words) => {
    const file = join(dir, title.replaceAll(' ', '-'))
    writeFileSync(file, content())
    const error = await refusal(file)
    expect(error.code).toBe('SigningFailed')
    expect(error.message).toContain(file)
    expect(error.message).toMatch(words)
  })

  test('says so when there is no file', async () => {
    expect((await refusal(join(dir, 'none'))).message).toContain('ENOENT')
  })
})

function encryptedPem(): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
  return generateKeyPairSync('ed25519').privateKey.export(options).toString()
}

function ecKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function openSsh(content: Buffer): string {
  const begin = '-----BEGIN OPENSSH PRIVATE KEY-----'
  return `${begin}\n${content.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
}

describe.skipIf(!hasGit() || !hasKeygen())('a signed commit', () => {
  const kinds: [title: string, options: string[]][] = [
    ['ed25519 in OpenSSH form', ['-t', 'ed25519']],
    ['RSA in OpenSSH form', ['-t', 'rsa', '-b', '2048']],
    ['RSA in PEM form', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
    ['RSA in PKCS#8 form', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8']],
  ]

  test.each(kinds)('with %s is the one git makes, and git verifies it', async (title, options) => {
    const key = join(dir, title.replaceAll(/[^\w]/g, '-'))
    execFileSync('ssh-keygen', ['-q', ...options, '-N', '', '-C', 'test', '-f', key])
    const commit = signCommit(draft, await readSigner(key))
    const allowed = `${key}.allowed`
    writeFileSync(allowed, `fairlead@example.com ${readFileSync(`${key}.pub`, 'utf8')}`)
    const repository = `${key}.git`
    const git = (args: string[], input: string | Uint8Array = '') =>
      execFileSync('git', args, {
        cwd: repository,
        input,
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { PATH: process.env.PATH, GIT_AUTHOR_DATE: '1000000000 +0000', GIT_COMMITTER_DATE: '1000000000 +0000' },
      })
        .toString()
        .trim()
    execFileSync('git', ['init', '--quiet', '--bare', repository])
    for (const [name, value] of Object.entries({
      'user.name': who.name,
      'user.email': who.email,
      'gpg.format': 'ssh',
      'user.signingkey': key,
      'gpg.ssh.allowedSignersFile': allowed,
    })) {
      git(['config', name, value])
    }
    git(['mktree'])
    expect(git(['hash-object', '-t', 'commit', '-w', '--stdin'], commit.bytes)).toBe(commit.id)
    expect(() => git(['verify-commit', commit.id])).not.toThrow()
    expect(git(['commit-tree', '-S', emptyTree], 'signed ☃\n')).toBe(commit.id)
  })

  test('refuses an OpenSSH key with a passphrase', async () => {
    const key = join(dir, 'locked')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', key])
    expect((await refusal(key)).message).toMatch(/encrypted/)
  })

  test('refuses an ECDSA key', async () => {
    const key = join(dir, 'ecdsa')
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', key])
    expect((await refusal(key)).message).toMatch(/ecdsa-sha2-nistp256.* is not ed25519 or RSA/)
  })
})

import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createKeyRing } from '../../../src/adapters/registry/public-key.ts'
import { generateKey, type KeyKind } from '../../fakes/cosign.ts'

const folder = mkdtempSync(join(tmpdir(), 'fairlead-key-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'cosign.pub')
const ring = createKeyRing([{ name: 'release', publicKeyFile: path }])
const signed = Buffer.from('what was signed')

describe('a trusted key', () => {
  const kinds: KeyKind[] = ['ecdsa-p256', 'ecdsa-p384', 'ed25519', 'rsa']
  it.each(kinds)('of kind %s knows its own signature and no other', async (kind) => {
    const key = generateKey(kind)
    writeFileSync(path, key.publicPem)
    const { verify } = await ring.get('release')
    const signature = sign(key.hash, signed, key.privateKey)
    expect(verify(signed, signature)).toBe(true)
    expect(verify(Buffer.from('what was sighed'), signature)).toBe(false)
    expect(verify(signed, sign(key.hash, signed, generateKey(kind).privateKey))).toBe(false)
    for (const rubbish of ['', 'x', 'y'.repeat(5000)]) expect(verify(signed, Buffer.from(rubbish))).toBe(false)
  })

  it('of curve P-384 also takes SHA-256, which older cosign releases used for every curve', async () => {
    const key = generateKey('ecdsa-p384')
    writeFileSync(path, key.publicPem)
    expect((await ring.get('release')).verify(signed, sign('sha256', signed, key.privateKey))).toBe(true)
  })

  it('that was replaced is the new one from then on', async () => {
    const [old, fresh] = [generateKey('ed25519'), generateKey('ed25519')]
    writeFileSync(path, old.publicPem)
    const before = await ring.get('release')
    writeFileSync(path, `${fresh.publicPem}\n`)
    const after = await ring.get('release')
    expect(after.id).not.toBe(before.id)
    expect(after.verify(signed, sign(null, signed, fresh.privateKey))).toBe(true)
    expect(after.verify(signed, sign(null, signed, old.privateKey))).toBe(false)
  })

  const pem = (type: 'spki' | 'pkcs8') => ({ type, format: 'pem' }) as const
  const small = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export(pem('spki'))
  const curve = () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export(pem('spki'))
  const unusable: [string, () => string | Buffer, RegExp][] = [
    ['a private key', () => generateKey('ecdsa-p256').privateKey.export(pem('pkcs8')), /must never be here/],
    ['RSA of 1024 bits', small, /not supported/],
    ['a curve of coins', curve, /not supported/],
    ['an X25519 key', () => generateKeyPairSync('x25519').publicKey.export(pem('spki')), /not supported/],
    ['words', () => 'hunter2', /no public key/],
    ['a broken key', () => '-----BEGIN PUBLIC KEY-----\nhunter2\n-----END PUBLIC KEY-----', /cannot be parsed/],
  ]
  it.each(unusable)('cannot be %s', async (_, content, message) => {
    writeFileSync(path, content())
    const failure = await ring.get('release').catch((error) => error)
    expect(failure).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(message) })
    expect(failure.message).toContain(path)
    expect(failure.stack).not.toContain('hunter2')
  })

  it('that nobody configured is a mistake of the policy, which names those that are', async () => {
    await expect(ring.get('relaese')).rejects.toMatchObject({
      code: 'PolicyInvalid',
      message: 'verify: no key is named "relaese"; known are release',
    })
    await expect(createKeyRing([]).get('release')).rejects.toThrow(/keys of the configuration is empty/)
  })
})

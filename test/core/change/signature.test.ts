import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseCommit, renderCommit } from '../../../src/core/change/commit.ts'
import { armourSignature, signCommit, signedData, wireString } from '../../../src/core/change/signature.ts'

describe('signedData', () => {
  test('is the envelope of PROTOCOL.sshsig for the namespace git', () => {
    const data = Buffer.from(signedData(Buffer.from('message')))
    const digest = createHash('sha512').update('message').digest()
    const head = Buffer.from('SSHSIG\0\0\0\x03git\0\0\0\0\0\0\0\x06sha512\0\0\0\x40', 'latin1')
    expect(data.equals(Buffer.concat([head, digest]))).toBe(true)
  })
})

describe('wireString', () => {
  test('counts bytes, not characters', () => {
    expect(wireString('é')).toEqual(Buffer.from([0, 0, 0, 2, 0xc3, 0xa9]))
    expect(wireString(Buffer.from([0xff]))).toEqual(Buffer.from([0, 0, 0, 1, 0xff]))
    expect(wireString('')).toEqual(Buffer.alloc(4))
  })
})

describe('armourSignature', () => {
  test('wraps the envelope in lines of 70', () => {
    const lines = armourSignature(Buffer.alloc(51, 1), Buffer.alloc(83, 2)).split('\n')
    expect(lines[0]).toBe('-----BEGIN SSH SIGNATURE-----')
    expect(lines.slice(-2)).toEqual(['-----END SSH SIGNATURE-----', ''])
    const body = lines.slice(1, -2)
    expect(new Set(body.slice(0, -1).map((line) => line.length))).toEqual(new Set([70]))
    const bytes = Buffer.from(body.join(''), 'base64')
    expect(bytes.subarray(0, 10)).toEqual(Buffer.from('SSHSIG\0\0\0\x01', 'latin1'))
    expect(bytes.includes(wireString(Buffer.alloc(83, 2)))).toBe(true)
  })
})

describe('signCommit', () => {
  const who = { name: 'a', email: 'a@example.com' }
  const draft = { tree: 'a'.repeat(40), parents: [], author: who, committer: who, date: new Date(0), message: 'm' }

  test('signs the unsigned bytes and adds nothing but the header', () => {
    const signed: Uint8Array[] = []
    const source = {
      publicKey: Buffer.from('key'),
      sign(data: Uint8Array) {
        signed.push(data)
        return Buffer.from('sig')
      },
    }
    const commit = signCommit(draft, source)
    expect(signed).toEqual([signedData(renderCommit(draft).bytes)])
    const text = Buffer.from(commit.bytes).toString()
    expect(text.replace(/^gpgsig .*\n(?: .*\n)*/m, '')).toBe(Buffer.from(renderCommit(draft).bytes).toString())
    expect(text).toMatch(/\ngpgsig -----BEGIN SSH SIGNATURE-----\n .*\n -----END SSH SIGNATURE-----\n\nm\n$/)
    expect(parseCommit(commit.bytes)?.message).toBe('m\n')
  })
})

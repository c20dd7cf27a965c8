import { describe, expect, it } from 'vitest'
import { isSignatureOf, preAuthEncoding, type StoredSignature } from '../../../src/core/image/image-signature.ts'
import { simplePayload, statement } from '../../fakes/cosign.ts'

const digest = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const simple = (payload: unknown): StoredSignature => ({
  form: 'simple-signing',
  payloadType: '',
  payload: bytes(payload),
  signature: bytes('by us'),
})
const dsse = (payload: unknown, payloadType = 'application/vnd.in-toto+json'): StoredSignature => ({
  form: 'dsse',
  payloadType,
  payload: bytes(payload),
  signature: bytes('by us'),
})
/** A signature is good when it says so; cryptography is not what is decided here. */
const byUs = (_signed: Uint8Array, signature: Uint8Array) => Buffer.from(signature).toString() === 'by us'

describe('a signature of an image', () => {
  const good: [string, StoredSignature][] = [
    ['is a payload of cosign that names its digest', simple(simplePayload(digest))],
    [
      'may name any image, for only the digest counts',
      simple(simplePayload(digest, { identity: { 'docker-reference': 'evil.example/other' } })),
    ],
    ['is a statement of cosign with the digest as its only subject', dsse(statement(digest))],
    [
      'may be a statement of the older version',
      dsse(statement(digest, { _type: 'https://in-toto.io/Statement/v0.1' })),
    ],
  ]
  it.each(good)('%s', (_, stored) => expect(isSignatureOf(digest, stored, byUs)).toBe(true))

  const bad: [string, StoredSignature][] = [
    ['another digest', simple(simplePayload(other))],
    ['another type of payload', simple(simplePayload(digest, { type: 'atomic container signature' }))],
    ['no type', simple(simplePayload(digest, { type: undefined }))],
    ['no JSON', simple('cosign container image signature')],
    ['a list', simple([simplePayload(digest)])],
    ['null', simple('null')],
    ['a digest that is no text', simple(simplePayload(digest, { image: { 'docker-manifest-digest': [digest] } }))],
    ['the digest at another place', simple({ ...simplePayload(other), optional: { digest } })],
    ['text that is no UTF-8', { ...simple(''), payload: Buffer.from([0xff, 0xfe]) }],
    ['a statement about another digest', dsse(statement(other))],
    ['a statement about two subjects', dsse(statement(digest, { subject: [...subjects(digest), ...subjects(other)] }))],
    ['a statement about nothing', dsse(statement(digest, { subject: [] }))],
    ['provenance', dsse(statement(digest, { predicateType: 'https://slsa.dev/provenance/v1' }))],
    ['an SBOM', dsse(statement(digest, { predicateType: 'https://cyclonedx.org/bom' }))],
    ['no predicate type', dsse(statement(digest, { predicateType: undefined }))],
    ['a statement of an unknown version', dsse(statement(digest, { _type: 'https://in-toto.io/Statement/v9' }))],
    ['another payload type', dsse(statement(digest), 'text/plain')],
    ['a simple payload in an envelope', dsse(simplePayload(digest))],
    ['a statement without an envelope', simple(statement(digest))],
  ]
  it.each(bad)('is none with %s', (_, stored) => expect(isSignatureOf(digest, stored, byUs)).toBe(false))

  it('is none by another key', () => {
    const stored = { ...simple(simplePayload(digest)), signature: bytes('by others') }
    expect(isSignatureOf(digest, stored, byUs)).toBe(false)
  })

  it.each(['', 'latest', 'sha256:', `sha512:${'a'.repeat(128)}`, `sha256:${'A'.repeat(64)}`])(
    'is none of %j, which is no digest that could be signed',
    (name) => {
      expect(isSignatureOf(name, simple(simplePayload(name)), () => true)).toBe(false)
    },
  )

  it('is checked over the payload itself, or over type and payload of an envelope', () => {
    const seen: string[] = []
    const note = (signed: Uint8Array) => seen.push(Buffer.from(signed).toString()) > 0
    isSignatureOf(digest, simple(simplePayload(digest)), note)
    isSignatureOf(digest, dsse(statement(digest)), note)
    const text = JSON.stringify(statement(digest))
    expect(seen).toEqual([
      JSON.stringify(simplePayload(digest)),
      `DSSEv1 28 application/vnd.in-toto+json ${text.length} ${text}`,
    ])
  })

  it('asks nothing of the key when the digest is another', () => {
    let asked = 0
    isSignatureOf(digest, simple(simplePayload(other)), () => ++asked > 0)
    expect(asked).toBe(0)
  })
})

it('lengths in an envelope count bytes (example of the DSSE protocol)', () => {
  const encoded = (type: string, text: string) => Buffer.from(preAuthEncoding(type, bytes(text))).toString()
  expect(encoded('http://example.com/HelloWorld', 'hello world')).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  )
  expect(encoded('ü', 'ö')).toBe('DSSEv1 2 ü 2 ö')
})

function subjects(of: string): object[] {
  return [{ digest: { sha256: of.slice(7) } }]
}

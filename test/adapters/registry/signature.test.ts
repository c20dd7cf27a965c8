import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createManualClock } from '../../fakes/clock.ts'
import {
  bundle,
  bundleReferrer,
  finishedSignature,
  generateKey,
  type Referrer,
  referrersIndex,
  referrersTag,
  signatureTag,
  simplePayload,
  simpleSignatures,
  statement,
} from '../../fakes/cosign.ts'
import { buildImage, type OciImage } from '../../fakes/oci-image.ts'
import { aRegistryWorld, passTimeUntil, type World, web } from './registry-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'fairlead-signature-'))
afterAll(() => rmSync(folder, { recursive: true }))
const ours = generateKey('ecdsa-p256')
const theirs = generateKey('ecdsa-p256')
const publicKeyFile = join(folder, 'cosign.pub')
writeFileSync(publicKeyFile, ours.publicPem)

const indexType = 'application/vnd.oci.image.index.v1+json'
const image = buildImage(['linux/amd64', 'linux/arm64'])
const { digest } = image.manifest
const otherDigest = `sha256:${'b'.repeat(64)}`

/** A registry that holds the image and what else is pushed. */
async function aRegistry(tagged: Record<string, OciImage> = {}, options = {}) {
  const world = await aRegistryWorld({ settings: { keys: [{ name: 'release', publicKeyFile }] }, ...options })
  world.server.push(web.repository, '1.0.0', image)
  for (const [tag, content] of Object.entries(tagged)) world.server.push(web.repository, tag, content)
  const signed = () => world.registry.signed(web, digest, 'release')
  return { ...world, signed }
}

/** The registry lists what refers to the image, `perPage` at a time. */
function listReferrers({ server }: World, referrers: readonly Referrer[], perPage = 100): void {
  for (const { image: content } of referrers)
    server.push(web.repository, `r-${content.manifest.digest.slice(7)}`, content)
  server.script({
    matching: /\/referrers\//,
    times: Number.POSITIVE_INFINITY,
    answer: (request, response) => {
      const from = Number(new URL(request.url ?? '', 'http://x').searchParams.get('from') ?? 0)
      const manifests = referrers.slice(from, from + perPage).map(({ listed }) => listed)
      const path = request.url?.split('?')[0]
      const more = from + perPage < referrers.length
      if (more) response.setHeader('link', `<${path}?from=${from + perPage}>; rel="next"`)
      response.setHeader('content-type', indexType)
      response.end(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests }))
    },
  })
}

const referrer = (payload: unknown, key = ours, annotations = {}) =>
  bundleReferrer(image.manifest, bundle(key, payload), annotations)
const simple = (payload: unknown, key = ours) => simpleSignatures([{ key, payload }])

describe('an image is signed', () => {
  it("by a signature at cosign's tag, which is remembered", async () => {
    const { signed, server } = await aRegistry({ [signatureTag(digest)]: simple(simplePayload(digest)) })
    expect(await signed()).toBe(true)
    const asked = server.requests.length
    expect(await signed()).toBe(true)
    expect(server.requests).toHaveLength(asked)
    expect(server.requests.filter((one) => one.includes('referrers'))).toEqual([])
  })

  it('when ours is one of several signatures', async () => {
    const payload = simplePayload(digest)
    const both = simpleSignatures([
      { key: theirs, payload },
      { key: ours, payload },
      { key: theirs, payload: 'rubbish' },
    ])
    const { signed } = await aRegistry({ [signatureTag(digest)]: both })
    expect(await signed()).toBe(true)
  })

  it('by a bundle that the registry lists among the referrers, on whatever page', async () => {
    const world = await aRegistry()
    listReferrers(world, [referrer(statement(digest), theirs), referrer('x', theirs), referrer(statement(digest))], 1)
    expect(await world.signed()).toBe(true)
  })

  it('by a bundle that the index at the tag of the digest names, where referrers are not listed', async () => {
    const { signed } = await aRegistry({ [referrersTag(digest)]: referrersIndex([referrer(statement(digest))]) })
    expect(await signed()).toBe(true)
  })

  const noApi: [string, number, Record<string, string>, string][] = [
    ['400', 400, {}, '{}'],
    ['405', 405, {}, '{}'],
    ['406', 406, {}, '{}'],
    ['a page for people', 200, { 'content-type': 'text/html' }, '<html>'],
    ['redirects without end', 303, { location: 'https://www.example.net/package' }, ''],
  ]
  it.each(noApi)('where the list of referrers is %s', async (_, status, headers, body) => {
    const { signed, server } = await aRegistry({
      [referrersTag(digest)]: referrersIndex([referrer(statement(digest))]),
    })
    const answer = (_request: unknown, response: import('node:http').ServerResponse) =>
      response.writeHead(status, headers).end(body)
    server.script({ matching: /referrers|package/, times: 9, answer })
    expect(await signed()).toBe(true)
  })

  it('as soon as the signature is pushed, which is after the image', async () => {
    const { signed, server } = await aRegistry()
    expect(await signed()).toBe(false)
    server.push(web.repository, signatureTag(digest), simple(simplePayload(digest)))
    expect(await signed()).toBe(true)
  })
})

/** Made by cosign 2 for a public exercise; hash, signature and key are entry 2138921334 of Sigstore's transparency log. */
describe('a signature that cosign itself made', () => {
  const subject = 'sha256:7cc03b0e0b5b622f82834fab6ee428a4ca2de5853f9ece07e7ade795e3834271'
  const payload = `{"critical":{"identity":{"docker-reference":"localhost:5000/juice-shop"},"image":{"docker-manifest-digest":"${subject}"},"type":"cosign container image signature"},"optional":null}`
  const signature = 'MEUCIQDGSXMbCN1hDdpU/G/5SKjZUP5/8fteJOSPnWolKWEJZgIgND8NadnplokDTCezglitkqiGT1H0TKAxzqJb2nGjCY4='
  const pem = [
    '-----BEGIN PUBLIC KEY-----',
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgXHek1xchUrD2cVJW1GgY6OFJEdE',
    'nCl4RZNRtLk+KeV8CaeUaQofBQabyNaLYJXUSS+mSUfQE3XLNx6gVcO/mg==',
    '-----END PUBLIC KEY-----\n',
  ].join('\n')

  it.each([
    ['is good for its image', subject, payload, true],
    ['is not good for another', digest, payload, false],
    ['is not good when the payload was changed', digest, payload.replace(subject, digest), false],
  ])('%s', async (_, wanted, text, expected) => {
    const publicKeyFile = join(folder, 'exercise.pub')
    writeFileSync(publicKeyFile, pem)
    const { registry, server } = await aRegistryWorld({ settings: { keys: [{ name: 'exercise', publicKeyFile }] } })
    server.push(web.repository, signatureTag(wanted), finishedSignature(text, signature))
    expect(await registry.signed(web, wanted, 'exercise')).toBe(expected)
  })
})

describe('an image is not signed', () => {
  const tagged: [string, OciImage][] = [
    ['by the key of others', simple(simplePayload(digest), theirs)],
    ['by a signature of another image', simple(simplePayload(otherDigest))],
    ['by what is no signature', buildImage(['linux/amd64'])],
    ['by an index', buildImage(['linux/amd64', 'linux/arm64'], { salt: 'x' })],
    ['by a payload of a megabyte', simple({ ...simplePayload(digest), optional: 'x'.repeat(1024 * 1024) })],
  ]
  it.each(tagged)('%s', async (_, content) => {
    const { signed } = await aRegistry({ [signatureTag(digest)]: content })
    expect(await signed()).toBe(false)
  })

  const referring: [string, Referrer][] = [
    ['by provenance of the same key', referrer(statement(digest, { predicateType: 'https://slsa.dev/provenance/v1' }))],
    ['by a bundle of others', referrer(statement(digest), theirs)],
    ['by a bundle that is none', bundleReferrer(image.manifest, { mediaType: 'x', dsseEnvelope: [] })],
    ['by a bundle over bare bytes', bundleReferrer(image.manifest, { messageSignature: { signature: 'eA==' } })],
    [
      'by a bundle that is attached to another image',
      bundleReferrer(buildImage(['linux/amd64']).manifest, bundle(ours, statement(digest))),
    ],
    [
      'by what is declared to be something else, which is not even read',
      referrer(statement(digest), ours, { 'dev.sigstore.bundle.predicateType': 'https://cyclonedx.org/bom' }),
    ],
  ]
  it.each(referring)('%s', async (_, one) => {
    const world = await aRegistry()
    listReferrers(world, [one])
    expect(await world.signed()).toBe(false)
  })

  it('when nothing lies beside it', async () => {
    const { signed, server } = await aRegistry()
    expect(await signed()).toBe(false)
    expect(server.requests.map((one) => one.split('/acme/web/')[1]?.replace(digest.slice(7), 'HEX'))).toEqual([
      'manifests/sha256-HEX.sig',
      'referrers/sha256:HEX',
      'manifests/sha256-HEX',
    ])
  })
})

describe('whether an image is signed is not known', () => {
  it.each([/\.sig$/, /\/blobs\//])('while the registry does not give %s', async (matching) => {
    const clock = createManualClock()
    const { signed, server } = await aRegistry({ [signatureTag(digest)]: simple(simplePayload(digest)) }, { clock })
    server.script({ matching, times: 3, answer: (_, response) => response.writeHead(503).end() })
    const answer = passTimeUntil(clock, signed())
    await expect(answer).rejects.toMatchObject({ code: 'RegistryUnavailable', kind: 'transient' })
    expect(await signed()).toBe(true)
  })

  it('when a payload is not what its digest says', async () => {
    const { signed, server } = await aRegistry({ [signatureTag(digest)]: simple(simplePayload(otherDigest)) })
    server.script({
      matching: /\/blobs\//,
      answer: (_, response) => response.end(JSON.stringify(simplePayload(digest))),
    })
    await expect(signed()).rejects.toMatchObject({ code: 'RegistryInvalid' })
  })

  it('when its signatures are more than anybody makes', async () => {
    const world = await aRegistry()
    const many = Array.from({ length: 101 }, (_, i) => referrer({ i }, theirs))
    listReferrers(world, many)
    await expect(world.signed()).rejects.toMatchObject({ code: 'TooLarge' })
    expect(world.server.requests.filter((one) => one.includes('blobs'))).toEqual([])
  })

  it('when their list has no end', async () => {
    const world = await aRegistry()
    listReferrers(
      world,
      Array.from({ length: 20 }, (_, i) => referrer({ i }, theirs)),
      1,
    )
    await expect(world.signed()).rejects.toMatchObject({ code: 'TooLarge' })
  })

  it('when the key or the digest is none', async () => {
    const { registry, server } = await aRegistry()
    await expect(registry.signed(web, digest, 'unknown')).rejects.toMatchObject({ code: 'PolicyInvalid' })
    await expect(registry.signed(web, '1.0.0', 'release')).rejects.toMatchObject({ code: 'RegistryNotFound' })
    expect(server.requests).toEqual([])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseImageReference, renderImageReference, withTag } from '../../../src/core/image/reference.ts'
import { FairleadError } from '../../../src/errors.ts'

const digest = `sha256:${'a1'.repeat(32)}`
const otherDigest = `sha256:${'b2'.repeat(32)}`

describe('a reference is split and normalised', () => {
  it.each([
    // Flux internal/registry/options_test.go, distribution/reference normalize_test.go
    ['nginx', 'docker.io', 'library/nginx', undefined, undefined],
    ['nginx:1.25', 'docker.io', 'library/nginx', '1.25', undefined],
    ['acme/web', 'docker.io', 'acme/web', undefined, undefined],
    ['docker.io/nginx', 'docker.io', 'library/nginx', undefined, undefined],
    ['index.docker.io/library/nginx:1', 'docker.io', 'library/nginx', '1', undefined],
    ['registry-1.docker.io/nginx', 'docker.io', 'library/nginx', undefined, undefined],
    ['ghcr.io/web', 'ghcr.io', 'web', undefined, undefined],
    ['localhost/web', 'localhost', 'web', undefined, undefined],
    ['localhost:5000/org/helloworld:v1', 'localhost:5000', 'org/helloworld', 'v1', undefined],
    [`localhost:5000/org/helloworld@${digest}`, 'localhost:5000', 'org/helloworld', undefined, digest],
    ['example.com:9999/foo/bar', 'example.com:9999', 'foo/bar', undefined, undefined],
    ['[2001:db8::1]:5000/web:2', '[2001:db8::1]:5000', 'web', '2', undefined],
    ['UPPER/web', 'UPPER', 'web', undefined, undefined],
    [`ghcr.io/acme/a__b.c--d:1.2.3@${digest}`, 'ghcr.io', 'acme/a__b.c--d', '1.2.3', digest],
  ])('%s is %s %s %s %s', (text, registry, repository, tag, expectedDigest) => {
    const reference = parseImageReference(text)
    expect(reference).toMatchObject({ registry, repository })
    expect([reference.tag, reference.digest]).toEqual([tag, expectedDigest])
    expect(renderImageReference(reference)).toBe(text)
  })

  it('accepts a tag of 128 characters', () => {
    expect(parseImageReference(`nginx:${'a'.repeat(128)}`).tag).toHaveLength(128)
  })
})

describe('what is no reference is refused', () => {
  it.each([
    '',
    ':1.2',
    'https://example.com/foo/bar',
    'Nginx',
    'ghcr.io/Acme/web',
    'ghcr.io//web',
    'ghcr.io/acme/web/',
    'acme/-web',
    'acme/we___b',
    'nginx:',
    'nginx:-1',
    'nginx:a b',
    'nginx@sha256:abc',
    `nginx@sha512:${'a'.repeat(64)}`,
    `nginx@sha256:${'A'.repeat(64)}`,
    `nginx:${'a'.repeat(129)}`,
    'a'.repeat(64),
    `acme/${'a'.repeat(300)}`,
    'x'.repeat(10_000),
    'host_name.io:80/web',
  ])('%j', (text) => {
    expect(() => parseImageReference(text)).toThrow(expect.objectContaining({ code: 'ManifestInvalid' }))
  })

  it('never throws anything else, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          expect(renderImageReference(parseImageReference(text))).toBe(text)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FairleadError)
        }
      }),
    )
  })
})

describe('changing the tag', () => {
  it.each([
    ['nginx', '1.26', undefined, 'nginx:1.26'],
    ['docker.io/library/nginx:1.25', '1.26', undefined, 'docker.io/library/nginx:1.26'],
    ['localhost:5000/web:1', '2', digest, `localhost:5000/web:2@${digest}`],
    [`ghcr.io/acme/web:1@${digest}`, '2', otherDigest, `ghcr.io/acme/web:2@${otherDigest}`],
  ])('of %s to %s with %s gives %s', (text, tag, newDigest, expected) => {
    expect(withTag(parseImageReference(text), tag, newDigest)).toBe(expected)
  })

  it('demands the new digest of a pinned reference', () => {
    const reference = parseImageReference(`nginx:1@${digest}`)
    expect(() => withTag(reference, '2')).toThrow(expect.objectContaining({ code: 'DigestUnknown' }))
  })

  it.each([
    ['a b', undefined],
    ['1', 'sha256:abc'],
  ])('refuses tag %s with digest %s', (tag, newDigest) => {
    const change = () => withTag(parseImageReference('nginx:1'), tag, newDigest)
    expect(change).toThrow(expect.objectContaining({ code: 'ManifestInvalid' }))
  })
})

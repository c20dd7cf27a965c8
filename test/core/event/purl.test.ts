import { describe, expect, test } from 'vitest'
import { imagePurl } from '../../../src/core/event/purl.ts'

const hex = 'ab'.repeat(32)

describe('an image as a package URL', () => {
  const rows: [what: string, image: string, digest: string | undefined, purl: string | undefined][] = [
    [
      'with the digest it is pinned to, whatever else is said',
      `ghcr.io/acme/web:1.4.2@sha256:${hex}`,
      `sha256:${'cd'.repeat(32)}`,
      `pkg:oci/web@sha256%3A${hex}?repository_url=ghcr.io/acme/web&tag=1.4.2`,
    ],
    [
      'with the digest that its tag has now',
      'ghcr.io/acme/web:1.4.2',
      `sha256:${hex}`,
      `pkg:oci/web@sha256%3A${hex}?repository_url=ghcr.io/acme/web&tag=1.4.2`,
    ],
    ['of Docker Hub', 'nginx:1.27', undefined, 'pkg:oci/nginx?repository_url=docker.io/library/nginx&tag=1.27'],
    ['of a port', 'localhost:5000/a/b', undefined, 'pkg:oci/b?repository_url=localhost%3A5000/a/b'],
    ['with a digest that is none', 'nginx', 'sha256:short', 'pkg:oci/nginx?repository_url=docker.io/library/nginx'],
    ['that is no image reference', 'not an image', undefined, undefined],
    ['that is empty', '', undefined, undefined],
  ]
  test.each(rows)('%s', (_what, image, digest, purl) => {
    expect(imagePurl(image, digest)).toBe(purl)
  })
})

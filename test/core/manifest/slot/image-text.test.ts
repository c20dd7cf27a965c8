import { describe, expect, test } from 'vitest'
import { joinImage, parseWantedImage, splitImage } from '../../../../src/core/manifest/slot/image-text.ts'
import { refusalOf } from '../folder.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('image references as text', () => {
  test.each([
    ['nginx', 'nginx', '', ''],
    ['nginx:1.20', 'nginx', '1.20', ''],
    ['localhost:5000/a/b', 'localhost:5000/a/b', '', ''],
    ['localhost:5000/a/b:1', 'localhost:5000/a/b', '1', ''],
    [`ghcr.io/a/b@${digest}`, 'ghcr.io/a/b', '', digest],
    [`ghcr.io:1234/a/b:v1@${digest}`, 'ghcr.io:1234/a/b', 'v1', digest],
  ])('%s', (text, name, tag, wantedDigest) => {
    expect(splitImage(text)).toEqual({ name, tag, digest: wantedDigest })
    expect(joinImage(splitImage(text))).toBe(text)
    if (tag + wantedDigest !== '') expect(parseWantedImage(text)).toEqual(splitImage(text))
  })

  test.each([
    '',
    'nginx',
    'nginx:',
    ':v1',
    'nginx:v 1',
    'nginx:v1\nkind: x',
    'nginx:v1@sha256:1',
    'nginx@v1',
    '-nginx:v1',
    'a//b:v1',
    `nginx:${'1'.repeat(129)}`,
    'nginx:{{ x }}',
    'nginx:v1@',
  ])('%j is not written into Git', (text) => {
    expect(refusalOf(() => parseWantedImage(text))?.code).toBe('UsageInvalid')
  })
})

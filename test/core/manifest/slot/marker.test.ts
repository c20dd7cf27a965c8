import { describe, expect, test } from 'vitest'
import { editMarkers, locateMarkers, parseMarker } from '../../../../src/core/manifest/slot/marker.ts'
import { refusalOf } from '../folder.ts'

const automation = 'automation-ns'
const updated = { name: 'index.repo.fake/updated', tag: 'v1.0.1' }
const pinned = { name: 'image', tag: 'v1.0.0', digest: `sha256:6745${'0'.repeat(56)}14be` }

describe('editMarkers, as Flux’s image automation tests have it', () => {
  test.each([
    ['41 the name', 'newName: replaced', 'policy:name', updated, 'newName: index.repo.fake/updated'],
    ['42 the tag', 'newTag: v1', 'policy:tag', updated, 'newTag: v1.0.1'],
    ['43 the digest', 'newDigest: sha256:1234567890abcdef', 'policy:digest', pinned, `newDigest: ${pinned.digest}`],
    ['44 name, tag and digest', 'image: image', 'policy', pinned, `image: image:v1.0.0@${pinned.digest}`],
    ['45 name and tag', 'image: image:v1.0.0', 'policy', updated, 'image: index.repo.fake/updated:v1.0.1'],
    ['45 an equal value', 'image: image:v1', 'policy', { name: 'image', tag: 'v1' }, 'image: image:v1'],
    ['a number-like tag is quoted', 'newTag: v1', 'policy:tag', { name: 'a', tag: '1.10' }, 'newTag: "1.10"'],
    ['quotes stay', "newTag: 'v1'", 'policy:tag', updated, "newTag: 'v1.0.1'"],
  ])('%s', (_, field, policy, image, after) => {
    const comment = `   # {"$imagepolicy": "${automation}:${policy}"}\n# end\r\n\n\nx:   y`
    const text = `---\n\n${field}${comment}`
    expect(editMarkers('f.yaml', text, { namespace: automation, name: 'policy' }, image)).toBe(
      `---\n\n${after}${comment}`,
    )
  })

  test.each([
    ['46 another namespace', 'image: user:v1.0.0 # {"$imagepolicy": "other-namespace:policy"}'],
    ['another policy', 'image: user:v1.0.0 # {"$imagepolicy": "automation-ns:policy-two"}'],
    ['46 text of a block scalar', 'patch: |\n  image: user:v1 # {"$imagepolicy": "automation-ns:policy"}\n'],
    ['words after the JSON', 'image: user:v1 # {"$imagepolicy": "automation-ns:policy"} please'],
    ['a slash instead of a colon', 'image: user:v1 # {"$imagepolicy": "automation-ns/policy"}'],
    ['an unknown part', 'image: user:v1 # {"$imagepolicy": "automation-ns:policy:repo"}'],
    ['a list', 'image: [a, b] # {"$imagepolicy": "automation-ns:policy"}'],
    ['a mark above a key', '# {"$imagepolicy": "automation-ns:policy"}\nimage: user:v1\n'],
  ])('%s is left alone', (_, text) => {
    expect(editMarkers('f.yaml', text, { namespace: automation, name: 'policy' }, updated)).toBe(text)
  })

  test('a filled digest without a new one is refused', () => {
    const text = 'digest: sha256:1 # {"$imagepolicy": "automation-ns:policy:digest"}'
    const refusal = refusalOf(() => editMarkers('f.yaml', text, { namespace: automation, name: 'policy' }, updated))
    expect(refusal).toMatchObject({ code: 'DigestUnknown' })
  })
})

describe('markers', () => {
  test.each([
    ['{"$imagepolicy": "a:b"}', { namespace: 'a', name: 'b', part: 'reference' }],
    ['## {"$imagepolicy": "a:b:tag", "x": "y"}', { namespace: 'a', name: 'b', part: 'tag' }],
    ['{"$imagepolicy": "a:b:name"}', { namespace: 'a', name: 'b', part: 'name' }],
    ['{"$imagepolicy": "a:b:__proto__"}', undefined],
    ['{"$imagepolicy": "a:b:tag:x"}', undefined],
    ['{"$imagepolicy": ":b"}', undefined],
    ['{"$imagepolicy": "a"}', undefined],
    ['{"$imagepolicy": "a:b", "x": 1}', undefined],
    ['["$imagepolicy"]', undefined],
    ['{"other": "a:b"}', undefined],
  ])('%s', (comment, marker) => {
    expect(parseMarker(comment)).toEqual(marker)
  })

  test('are found in every document, with list items marked above too', () => {
    const tag = { namespace: 'a', name: 'b', part: 'tag' }
    const text =
      'tags:\n# {"$imagepolicy": "a:b:tag"}\n- v0\n# {"$imagepolicy": "a:b:tag"}\n- v1\n---\nspec:\n  x.y/z: {}\n  image: a:v1 # {"$imagepolicy": "a:b"}\n'
    expect(locateMarkers('f.yaml', text)).toEqual([
      { keyPath: '0:tags[0]', value: 'v0', line: 3, lastLine: 3, marker: tag },
      { keyPath: '0:tags[1]', value: 'v1', line: 5, lastLine: 5, marker: tag },
      { keyPath: '1:spec.image', value: 'a:v1', line: 9, lastLine: 9, marker: { ...tag, part: 'reference' } },
    ])
  })

  test('a file without any is not even parsed', () => {
    expect(locateMarkers('f.yaml', '{{ broken')).toEqual([])
  })
})

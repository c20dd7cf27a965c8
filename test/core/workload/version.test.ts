import { expect, it } from 'vitest'
import { imageTag, workloadVersion } from '../../../src/core/workload/version.ts'

it.each([
  ['the label when the tag says the same', '1.4.2', 'web:1.4.2', '1.4.2'],
  ['the label when the tag only adds a v', '1.4.2', 'web:v1.4.2', '1.4.2'],
  ['the label when only the label has a v', 'v1.4.2', 'web:1.4.2', 'v1.4.2'],
  ['the label when the tag adds a variant', '1.4.2', 'web:1.4.2-alpine3.20', '1.4.2'],
  ['the label when missing numbers are zero', '1.4.0', 'web:1.4', '1.4.0'],
  ['the tag when it is another version', '1.4.2', 'web:1.5.0', '1.5.0'],
  ['the tag when it is a pre-release of the label', '1.4.2', 'web:1.4.2-rc.1', '1.4.2-rc.1'],
  ['the tag when it is another pre-release', '1.4.2-rc.1', 'web:1.4.2-rc.2', '1.4.2-rc.2'],
  ['the tag when the pre-release touches the numbers', '2.0', 'web:2.0rc1', '2.0rc1'],
  ['the tag when the label is no version', 'stable', 'web:1.5.0', '1.5.0'],
  ['the label when the tag is no version', '1.4.2', 'web:latest', '1.4.2'],
  ['the label when the tag counts builds', '1.4.2', 'web:main-7', '1.4.2'],
  ['the tag when it has a prefix and another version', '1.4.2', 'web:release-1.5.0', 'release-1.5.0'],
  ['the label when the tag only adds a prefix', '1.4.2', 'web:release-1.4.2', '1.4.2'],
  ['the label when the tag is a commit', '1.4.2', 'web:3ebb95cc56d2', '1.4.2'],
  ['the label when there is only a digest', '1.4.2', 'web@sha256:0a0b', '1.4.2'],
  ['the tag without a label', undefined, 'localhost:5000/acme/web:main-7', 'main-7'],
  ['the tag before the digest', undefined, 'web:1.4.2@sha256:0a0b', '1.4.2'],
  ['the digest without label and tag', undefined, 'localhost:5000/acme/web@sha256:0a0b', 'sha256:0a0b'],
  ['what Kubernetes assumes without label, tag and digest', undefined, 'localhost:5000/acme/web', 'latest'],
  ['nothing without an image', undefined, '', ''],
  ['nothing without a container', undefined, undefined, ''],
  [
    'the tag when numbers are huge and differ',
    '99999999999999999998',
    'web:99999999999999999999',
    '99999999999999999999',
  ],
])('the version is %s', (_, label, image, expected) => {
  expect(workloadVersion({ label, image })).toBe(expected)
})

it('does not take a registry port for a tag', () => {
  expect(imageTag('localhost:5000/web')).toEqual({})
})

import { describe, expect, it } from 'vitest'
import { releaseStage } from '../../../src/core/image/prerelease.ts'
import { readVersion } from '../../../src/core/image/version.ts'

/** `prefix|numbers|stage rest|variant key`, as far as each is there. */
function describeTag(tag: string): string | undefined {
  const version = readVersion(tag)
  if (version === undefined) return undefined
  const { prefix, v, major, minor, patch, more, precision, date, revision, stage, rest, variant } = version
  const numbers = [major, minor, patch, ...more].slice(0, precision).join('.')
  const stageText = stage === releaseStage ? '' : [stage, ...rest].join(' ')
  return [
    `${prefix}${v ? '(v)' : ''}`,
    `${numbers}${revision === undefined ? '' : `_${revision}`}${date === '' ? '' : ` ${date}`}`,
    stageText,
    variant.key,
  ].join('|')
}

describe('prefix', () => {
  it.each([
    ['1.2.3', '|1.2.3||'],
    ['v1.2.3', '(v)|1.2.3||'],
    ['release-1.2.3', 'release-|1.2.3||'],
    ['release-v1.2.3', 'release-(v)|1.2.3||'],
    ['arm64v8-1.2.3', 'arm64v8-|1.2.3||'],
    ['RELEASE.2024-01-02T03-04-05Z', 'RELEASE.|20240102030405 YYYY-MM-DDThh-mm-ssZ||'],
    ['app_7', 'app_|7||'],
    ['7zip-1.2.3', '7zip-|1.2.3||'],
    ['main-abc1234-1606234201', 'main-abc1234-|1606234201||'],
  ])('%s reads as %s', (tag, expected) => {
    expect(describeTag(tag)).toBe(expected)
  })
})

describe('numbers', () => {
  it.each([
    ['1', '|1||'],
    ['1.2', '|1.2||'],
    ['2025.07.03', '|2025.7.3||'],
    ['1.2.3.4', '|1.2.3.4||'],
    ['1.2.3.4.5', '|1.2.3.4.5||'],
    ['17.0.2_8-jdk', '|17.0.2_8||-jdk'],
    ['20240101', '|20240101 YYYYMMDD||'],
    ['2024010123', '|2024010123 YYYYMMDDhh||'],
    ['202401012359', '|202401012359 YYYYMMDDhhmm||'],
    ['20240101235958', '|20240101235958 YYYYMMDDhhmmss||'],
    ['20241301', '|20241301||'],
    ['1606234201', '|1606234201||'],
    ['2024-01-02', '|20240102 YYYY-MM-DD||'],
    ['2024-01-02-alpine3.19', '|20240102 YYYY-MM-DD||-alpine#.#'],
    ['2024-13-02', '|2024||-13-#'],
    ['1.99999999999999999999.0', '|1.99999999999999999999.0||'],
  ])('%s reads as %s', (tag, expected) => {
    expect(describeTag(tag)).toBe(expected)
  })
})

describe('pre-release', () => {
  it.each([
    ['1.0rc1', '|1.0|6 1|'],
    ['3.13.0b2', '|3.13.0|4 2|'],
    ['1.0.0-SNAPSHOT', '|1.0.0|1|'],
    ['1.0.0-nightly-20240101-2', '|1.0.0|1 20240101 2|'],
    ['1.0.0-canary.7', '|1.0.0|1 7|'],
    ['1.0.0-alpha1', '|1.0.0|2 1|'],
    ['1.0.0-a1', '|1.0.0|2 1|'],
    ['1.0.0-M3', '|1.0.0|3 3|'],
    ['1.0.0-milestone', '|1.0.0|3|'],
    ['1.0.0-pre2', '|1.0.0|5 2|'],
    ['1.0.0-ea', '|1.0.0|5|'],
    ['1.0.0-CR1', '|1.0.0|6 1|'],
    ['1.0.0-rc.1-alpine3.18', '|1.0.0|6 1|-alpine#.#'],
    ['1.0.0-alpine3.18-rc1', '|1.0.0|6 1|-alpine#.#'],
    ['v1.28.2-rc1-rke2r1', '(v)|1.28.2|6 1|-rke2r#'],
    // Digits are needed after a, b and m; a longer word is not a stage.
    ['1.0.0-a', '|1.0.0||-a'],
    ['1.0.0-rc.1.2', '|1.0.0||-rc.1.2'],
    ['1.0.0-developer', '|1.0.0||-developer'],
  ])('%s reads as %s', (tag, expected) => {
    expect(describeTag(tag)).toBe(expected)
  })
})

describe('variant', () => {
  it.each([
    ['1.2.3-alpine', '|1.2.3||-alpine'],
    ['1.2.3-alpine3.18', '|1.2.3||-alpine#.#'],
    ['1.2.3-ubuntu-22.04', '|1.2.3||-ubuntu-#.#'],
    ['1.2.3-debian-12-r5', '|1.2.3||-debian-#-r#'],
    ['1.2.3-ubi9-minimal', '|1.2.3||-ubi#-minimal'],
    ['1.2.3-1.el9', '|1.2.3||-1.el#'],
    ['1.2.3-ls45', '|1.2.3||-ls#'],
    ['v1.28.2-k3s1', '(v)|1.28.2||-k3s#'],
    ['1.2.3-build.5', '|1.2.3||-build.#'],
    ['1.2.3-rev-2', '|1.2.3||-rev-#'],
    ['1.2.3-p1', '|1.2.3||-p#'],
    ['1.2.3-5', '|1.2.3||-#'],
    ['1.2.3-debian-12-5', '|1.2.3||-debian-#-#'],
    ['1.2.3-abc1234', '|1.2.3||-*'],
    ['1.2.3-abc1234-arm64', '|1.2.3||-*-arm64'],
    ['1.2.3-amd64', '|1.2.3||-amd64'],
    ['1.2.3-slim-5', '|1.2.3||-slim-5'],
    ['1.2.3-fooalpine3', '|1.2.3||-fooalpine3'],
  ])('%s reads as %s', (tag, expected) => {
    expect(describeTag(tag)).toBe(expected)
  })
})

describe('no version', () => {
  it.each([
    'latest',
    'v',
    'vnext',
    '1.0.0p',
    '1.2.beta',
    '1.2.3.Final',
    '1.2.3_foo',
    '1.2.3.4.5.6',
    'b1.2.3',
    '0a1b2c3',
    '12a3456',
    'main-1a23456',
    'abc1234',
    'ubuntu',
    '__proto__',
    'constructor',
    'go1.21',
    '',
    `${'-1x'.repeat(42)}`,
  ])('%j', (tag) => {
    expect(describeTag(tag)).toBeUndefined()
  })
})

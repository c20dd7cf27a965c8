import { expect, test } from 'vitest'
import { holdsPlatforms } from '../../../src/core/image/platform.ts'

const rows: [what: string, held: string[], wanted: string[], holds: boolean][] = [
  ['the very platform', ['linux/amd64'], ['linux/amd64'], true],
  ['another one', ['linux/amd64'], ['linux/arm64'], false],
  ['another system', ['windows/amd64'], ['linux/amd64'], false],
  ['all that are wanted', ['linux/amd64', 'linux/arm64'], ['linux/arm64', 'linux/amd64'], true],
  ['one of two that are wanted', ['linux/amd64'], ['linux/arm64', 'linux/amd64'], false],
  ['any variant when none is wanted', ['linux/arm/v7'], ['linux/arm'], true],
  ['another variant than is wanted', ['linux/arm/v6'], ['linux/arm/v7'], false],
  ['no variant where one is wanted', ['linux/arm'], ['linux/arm/v7'], false],
  ['arm64, which is v8', ['linux/arm64'], ['linux/arm64/v8'], true],
  ['arm64/v8, which is arm64', ['linux/arm64/v8'], ['linux/arm64'], true],
  ['a longer name', ['linux/amd64p32'], ['linux/amd64'], false],
  ['an image that does not say', [], ['linux/amd64'], false],
]
test.each(rows)('%s', (_, held, wanted, holds) => expect(holdsPlatforms(held, wanted)).toBe(holds))

import { expect, it } from 'vitest'
import { deadlineMs } from '../../../src/core/workload/deadline.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment } from './sample.ts'

it.each([
  ['the default without annotation', undefined, 600, 900_000],
  ['the annotation, longer', '1h30m', 600, 5_400_000],
  ['the annotation, shorter', '90s', 600, 90_000],
  ['the default with auto and a smaller progress deadline', 'auto', 600, 900_000],
  ['the progress deadline with auto when it is larger', 'auto', 3600, 3_600_000],
  ['the default with auto and no progress deadline', 'auto', undefined, 900_000],
  ['the default when the annotation is no duration', 'soon', 600, 900_000],
  ['the default when the annotation is zero', '0s', 600, 900_000],
  ['a year when the annotation is longer', '999999999h', 600, 31_536_000_000],
  ['a year with auto and a longer progress deadline', 'auto', 2_147_483_647, 31_536_000_000],
])('the deadline is %s', (_, annotation, progressDeadlineSeconds, expected) => {
  const metadata = annotation === undefined ? {} : { annotations: { 'fairlead.dev/deadline': annotation } }
  expect(deadlineMs(readWorkload(deployment({ metadata, spec: { progressDeadlineSeconds } })), 900_000)).toBe(expected)
})

import { expect, test } from 'vitest'
import { createClientRate } from '../../../src/server/api/client-rate.ts'
import { createManualClock } from '../../fakes/clock.ts'

test('every client has a bucket of its own, refilled with time', async () => {
  const clock = createManualClock()
  const mayPass = createClientRate(clock, { perSecond: 1, burst: 2 })
  expect(['a', 'a', 'a', 'b'].map(mayPass)).toEqual([true, true, false, true])
  await clock.advance(1_000)
  expect(['a', 'a'].map(mayPass)).toEqual([true, false])
})

test('who was not seen for longest is forgotten, and who comes often is not', () => {
  const mayPass = createClientRate(createManualClock(), { perSecond: 0.001, burst: 1 })
  expect([mayPass('quiet'), mayPass('busy')]).toEqual([true, true])
  for (let i = 0; i < 999; i++) {
    mayPass(`client-${i}`)
    mayPass('busy')
  }
  expect([mayPass('busy'), mayPass('quiet')]).toEqual([false, true])
})

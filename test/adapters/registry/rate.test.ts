import { describe, expect, it } from 'vitest'
import { createRateGate } from '../../../src/adapters/registry/rate.ts'
import { parseRetryAfter } from '../../../src/runtime/retry-after.ts'
import { createManualClock } from '../../fakes/clock.ts'

/** A gate with `waiting` callers in front of it, and the times at which they passed. */
function aGate(perSecond: number, waiting: number) {
  const clock = createManualClock()
  const gate = createRateGate({ clock, host: 'registry.example.com', perSecond })
  const passedAt: number[] = []
  const enter = () => gate.pass().then(() => passedAt.push(clock.monotonicMs()))
  for (let i = 0; i < waiting; i++) enter()
  return { clock, gate, passedAt, enter }
}

describe('a rate gate', () => {
  it('lets a second’s worth through at once, then one by one', async () => {
    const { clock, passedAt } = aGate(4, 8)
    await clock.advance(1000)
    expect(passedAt).toEqual([0, 0, 0, 0, 250, 500, 750, 1000])
  })

  it('takes rates below one a second', async () => {
    const { clock, passedAt } = aGate(0.5, 3)
    await clock.advance(4000)
    expect(passedAt).toEqual([0, 2000, 4000])
  })

  it('holds back those who were already waiting for their turn when silence is asked for', async () => {
    const { clock, gate, passedAt } = aGate(1, 2)
    await clock.advance(500)
    gate.pause(5000)
    await clock.advance(4999)
    expect(passedAt).toEqual([0])
    await clock.advance(1)
    expect(passedAt).toEqual([0, 5500])
  })

  it('lets nobody rush in together after a silence', async () => {
    const { clock, gate, passedAt, enter } = aGate(1, 0)
    gate.pause(5000)
    for (let i = 0; i < 3; i++) enter()
    await clock.advance(7000)
    expect(passedAt).toEqual([5000, 6000, 7000])
  })

  it('never shortens a silence', async () => {
    const { clock, gate, passedAt, enter } = aGate(1, 0)
    gate.pause(5000)
    gate.pause(10)
    enter()
    await clock.advance(4999)
    expect(passedAt).toEqual([])
  })
})

describe('Retry-After', () => {
  const now = new Date('2026-01-01T00:00:00Z')
  const table: [string | undefined, number | undefined][] = [
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['999999999', 86_400_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ]
  it.each(table)('%j', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected)
  })
})

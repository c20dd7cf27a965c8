import { describe, expect, test } from 'vitest'
import type { Telling } from '../../../src/controllers/outcome/telling.ts'
import { createTold } from '../../../src/controllers/outcome/told.ts'
import { createManualClock } from '../../fakes/clock.ts'

const telling = (text: string, state: Telling['state'] = 'pending', more: Partial<Telling> = {}): Telling => ({
  ...{ key: 'a', channel: 'statuses', pauseMs: 10_000, state, text },
  what: { kind: 'comment', number: 1, marker: '' },
  ...more,
})

describe('what a host was told', () => {
  test('is not told again, and something new in the same state only after its pause', async () => {
    const clock = createManualClock()
    const told = createTold(clock)
    expect(told.dueInMs(telling('one'))).toBe(0)
    told.begin(telling('one'))('told')
    expect(told.dueInMs(telling('one'))).toBeUndefined()
    await clock.advance(4_000)
    expect(told.dueInMs(telling('two'))).toBe(6_000)
    await clock.advance(6_000)
    expect(told.dueInMs(telling('two'))).toBe(0)
  })

  test('gives way to another state at once', () => {
    const told = createTold(createManualClock())
    told.begin(telling('one'))('told')
    expect(told.dueInMs(telling('done', 'success'))).toBe(0)
  })

  test('is told by one at a time, and again when that came to nothing', () => {
    const told = createTold(createManualClock())
    const end = told.begin(telling('one'))
    expect(told.dueInMs(telling('one'))).toBe(1_000)
    expect(told.dueInMs(telling('one', 'success'))).toBe(1_000)
    expect(told.dueInMs(telling('one', 'pending', { key: 'b' }))).toBe(0)
    end('unknown')
    expect(told.dueInMs(telling('one'))).toBe(0)
  })

  test('and refused is not tried for so long, nor is anything of the kind', async () => {
    const clock = createManualClock()
    const told = createTold(clock)
    told.refuse(telling('one'), 3_600_000)
    expect(told.dueInMs(telling('one', 'success', { key: 'b' }))).toBe(3_600_000)
    expect(told.dueInMs(telling('one', 'pending', { channel: 'comments' }))).toBe(0)
    await clock.advance(3_600_000)
    expect(told.dueInMs(telling('one'))).toBe(0)
  })
})

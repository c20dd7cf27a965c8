import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/runtime/clock.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('the machine’s clock', () => {
  test('waits as long as it is told, also beyond what a timer of Node can', async () => {
    vi.useFakeTimers()
    let woken = false
    const thirtyDaysMs = 30 * 24 * 3_600_000
    void systemClock.sleep(thirtyDaysMs).then(() => {
      woken = true
    })
    await vi.advanceTimersByTimeAsync(thirtyDaysMs - 1_000)
    expect(woken).toBe(false)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(woken).toBe(true)
  })

  test('wakes at once when it is aborted', async () => {
    const cancel = new AbortController()
    const sleeping = systemClock.sleep(1_000_000, cancel.signal)
    cancel.abort()
    await sleeping
    await systemClock.sleep(1_000_000, cancel.signal)
  })
})

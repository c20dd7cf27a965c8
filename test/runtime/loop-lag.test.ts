import { expect, test } from 'vitest'
import { createLoopLag } from '../../src/runtime/loop-lag.ts'

test('a block of the event loop is told as it goes on, once, right after the last look too', () => {
  const lag = createLoopLag()
  lag.take()
  const startedMs = performance.now()
  while (performance.now() - startedMs < 200);
  const told = lag.take()
  expect(told).toBeGreaterThan(0.15)
  expect(lag.take()).toBeLessThan(told)
})

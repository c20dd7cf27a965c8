import { expect, test } from 'vitest'
import { createPacedKeys } from '../../src/runtime/paced-keys.ts'
import { createManualClock } from '../fakes/clock.ts'

function aPace({ open = true } = {}) {
  const clock = createManualClock()
  const released: { key: string; atMs: number }[] = []
  const door = { open }
  const keys = createPacedKeys({
    clock,
    perSecond: 25,
    isOpen: () => door.open,
    release: (key) => released.push({ key, atMs: clock.monotonicMs() }),
  })
  const stop = new AbortController()
  return { clock, released, door, keys, running: keys.run(stop.signal), stop }
}

test('10,000 keys are let through in their order, each once, 25 in a second', async () => {
  const { clock, released, keys } = aPace()
  for (let number = 0; number < 10_000; number++) keys.add(`key-${number}`)
  keys.add('key-9999')
  await clock.advance(400_000)
  expect(released.map(({ key }) => key)).toEqual(Array.from({ length: 10_000 }, (_, number) => `key-${number}`))
  // Every one of them lies a second and no less before the 25th after it.
  const gaps = released.slice(25).map(({ atMs }, index) => atMs - (released[index]?.atMs ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000)
})

test('a key that comes later, or again, is let through then', async () => {
  const { clock, released, keys } = aPace()
  keys.add('a')
  await clock.advance(1000)
  keys.add('a')
  keys.add('b')
  await clock.advance(1000)
  expect(released.map(({ key }) => key)).toEqual(['a', 'a', 'b'])
})

test('nobody comes through while it is closed, and everybody afterwards', async () => {
  const { clock, released, keys, door } = aPace({ open: false })
  keys.add('a')
  await clock.advance(60_000)
  expect(released).toEqual([])
  door.open = true
  await clock.advance(5_000)
  expect(released.map(({ key }) => key)).toEqual(['a'])
})

test('it ends when it is told to, with keys that wait and without', async () => {
  const idle = aPace()
  idle.stop.abort()
  await idle.running
  const busy = aPace()
  busy.keys.add('a')
  busy.keys.add('b')
  busy.stop.abort()
  await busy.clock.advance(1000)
  await busy.running
  expect(busy.keys.size).toBeLessThan(3)
})

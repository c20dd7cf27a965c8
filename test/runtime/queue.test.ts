import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createQueue } from '../../src/runtime/queue.ts'
import { createManualClock } from '../fakes/clock.ts'

function aQueue(random = () => 1) {
  const clock = createManualClock()
  return { clock, queue: createQueue({ clock, random, baseMs: 100, maxMs: 1000 }) }
}

/** The key that is ready now, or undefined. */
async function readyKey(queue: ReturnType<typeof createQueue>): Promise<string | undefined> {
  return Promise.race([queue.take(), new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))])
}

describe('a workqueue', () => {
  test('gives keys out in the order they were added', async () => {
    const { queue } = aQueue()
    for (const key of ['a', 'b', 'c']) queue.add(key)
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c'])
  })

  test('gives urgent keys out first, also when they were waiting already', async () => {
    const { queue } = aQueue()
    for (const key of ['a', 'b']) queue.add(key)
    queue.add('b', { urgent: true })
    expect([await queue.take(), await queue.take()]).toEqual(['b', 'a'])
  })

  test('coalesces additions of one key', async () => {
    const { queue } = aQueue()
    for (let i = 0; i < 5; i++) queue.add('a')
    expect(queue.depth).toBe(1)
    await queue.take()
    queue.finish('a', { kind: 'done' })
    expect(queue.depth).toBe(0)
  })

  test('never gives a key out twice at once, and again after it was added meanwhile', async () => {
    const { queue } = aQueue()
    queue.add('a')
    expect(await queue.take()).toBe('a')
    queue.add('a')
    const next = queue.take()
    expect(queue.depth).toBe(1)
    queue.finish('a', { kind: 'done' })
    expect(await next).toBe('a')
  })

  test('backs off a failing key, longer each time, up to the limit', async () => {
    const { clock, queue } = aQueue()
    queue.add('a')
    for (const waitMs of [100, 200, 400, 800, 1000, 1000]) {
      expect(await queue.take()).toBe('a')
      queue.finish('a', { kind: 'failed' })
      await clock.advance(waitMs - 1)
      expect(queue.depth).toBe(0)
      await clock.advance(1)
      expect(queue.depth).toBe(1)
    }
  })

  test('waits at least as long as the other side asked', async () => {
    const { clock, queue } = aQueue()
    queue.add('a')
    await queue.take()
    queue.finish('a', { kind: 'failed', retryAfterMs: 5000 })
    await clock.advance(4999)
    expect(queue.depth).toBe(0)
    await clock.advance(1)
    expect(queue.depth).toBe(1)
  })

  test('starts the back-off over after a success', async () => {
    const { clock, queue } = aQueue()
    queue.add('a')
    for (const outcome of ['failed', 'failed', 'done', 'failed'] as const) {
      expect(await queue.take()).toBe('a')
      queue.finish('a', { kind: outcome })
      if (outcome === 'done') queue.add('a')
      else if (outcome === 'failed') await clock.advance(200)
    }
    await clock.advance(100)
    expect(queue.depth).toBe(1)
  })

  test('does not let an addition cut short the back-off of a failed key', async () => {
    const { queue } = aQueue()
    queue.add('a')
    await queue.take()
    queue.add('a')
    queue.finish('a', { kind: 'failed' })
    expect(await readyKey(queue)).toBeUndefined()
  })

  test('looks again after the time a decision carries', async () => {
    const { clock, queue } = aQueue()
    queue.add('a')
    await queue.take()
    queue.finish('a', { kind: 'done', requeueAfterMs: 60_000 })
    await clock.advance(59_999)
    expect(queue.depth).toBe(0)
    await clock.advance(1)
    expect(queue.depth).toBe(1)
  })

  test('keeps the earlier of two times', async () => {
    const { clock, queue } = aQueue()
    queue.add('a', { afterMs: 1000 })
    queue.add('a', { afterMs: 5000 })
    await clock.advance(1000)
    expect(queue.depth).toBe(1)
  })

  test('gives nothing more out after it was closed', async () => {
    const { queue } = aQueue()
    const waiting = queue.take()
    queue.close()
    queue.add('a')
    expect(await waiting).toBeUndefined()
    expect(await queue.take()).toBeUndefined()
  })

  test('loses no key and works on none twice, whatever the order of calls', async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('add', 'take', 'finish')), {
      maxLength: 40,
    })
    await fc.assert(fc.asyncProperty(steps, keepsItsPromises), { numRuns: 200 })
  })
})

/** Plays the steps against a queue, then drains it: whatever was added was taken afterwards, and never twice at once. */
async function keepsItsPromises(steps: readonly [key: string, step: string][]): Promise<void> {
  const { queue } = aQueue()
  const working = new Set<string>()
  const owed = new Set<string>()
  const take = async () => {
    if (queue.depth <= working.size) return
    const taken = (await queue.take()) ?? ''
    expect(working).not.toContain(taken)
    owed.delete(taken)
    working.add(taken)
  }
  const finish = (key: string) => working.delete(key) && queue.finish(key, { kind: 'done' })
  for (const [key, step] of steps) {
    if (step === 'add') {
      queue.add(key)
      owed.add(key)
    } else if (step === 'take') await take()
    else finish(key)
  }
  while (queue.depth > 0) {
    await take()
    for (const key of [...working]) finish(key)
  }
  expect([...owed]).toEqual([])
}

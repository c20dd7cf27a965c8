import { expect, test } from 'vitest'
import { inSlices } from '../../src/runtime/cooperative.ts'

test('things taken in slices come in their order, with turns of the event loop between them', async () => {
  let turns = 0
  let isOver = false
  const beat = () => {
    turns++
    if (!isOver) setImmediate(beat)
  }
  setImmediate(beat)
  const taken: number[] = []
  for await (const thing of inSlices([1, 2, 3, 4])) {
    taken.push(thing)
    const startedMs = performance.now()
    while (performance.now() - startedMs < 5);
  }
  isOver = true
  expect(taken).toEqual([1, 2, 3, 4])
  expect(turns).toBeGreaterThanOrEqual(3)
})

test('whoever stops taking stops the source', async () => {
  let isClosed = false
  function* source() {
    try {
      yield 1
      yield 2
    } finally {
      isClosed = true
    }
  }
  for await (const _ of inSlices(source())) break
  expect(isClosed).toBe(true)
})

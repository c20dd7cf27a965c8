import { expect, test } from 'vitest'
import { createInOrder, inSlices, rest } from '../../src/runtime/cooperative.ts'

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

const keepBusyFor = (ms: number) => {
  const startedMs = performance.now()
  while (performance.now() - startedMs < ms);
}

/** Whether the event loop has turned since. */
function aTurn(): () => boolean {
  let hasTurned = false
  setImmediate(() => {
    hasTurned = true
  })
  return () => hasTurned
}

test('loops that only wait for each other let the event loop turn when they have been busy together', async () => {
  await new Promise((resolve) => setImmediate(resolve))
  const hasTurned = aTurn()
  const seen: boolean[] = []
  const loop = async () => {
    for (let pass = 0; pass < 3; pass++) {
      keepBusyFor(1)
      await rest()
      seen.push(hasTurned())
    }
  }
  await Promise.all([loop(), loop(), loop()])
  expect(seen[0]).toBe(false)
  expect(seen.at(-1)).toBe(true)
})

function* steps(into: string[], name: string, ms = 0) {
  for (const step of [1, 2, 3]) {
    keepBusyFor(ms)
    yield into.push(`${name}${step}`)
  }
}

test('work in order is done at once when it is short', () => {
  const done: string[] = []
  const inOrder = createInOrder(() => undefined)
  inOrder(steps(done, 'a'))
  inOrder(steps(done, 'b'))
  expect(done).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3'])
})

test('work in order that is long lets the event loop turn, and what comes meanwhile waits for it', async () => {
  const done: string[] = []
  const hasTurned = aTurn()
  const inOrder = createInOrder(() => undefined)
  inOrder(steps(done, 'a', 5))
  expect(done).toEqual(['a1'])
  inOrder(steps(done, 'b'))
  while (done.length < 6) await new Promise((resolve) => setImmediate(resolve))
  expect(done).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3'])
  expect(hasTurned()).toBe(true)
})

test('work in order that fails is told of and keeps nobody from coming after it', () => {
  const done: string[] = []
  const failures: unknown[] = []
  const inOrder = createInOrder((thrown) => failures.push(thrown))
  const broken = function* () {
    yield done.push('begun')
    throw new Error('broken')
  }
  inOrder(broken())
  inOrder(steps(done, 'a'))
  expect(done).toEqual(['begun', 'a1', 'a2', 'a3'])
  expect(failures).toEqual([new Error('broken')])
})

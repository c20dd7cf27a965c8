import { expect, test } from 'vitest'
import { createTurnstile } from '../../src/runtime/turnstile.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('at most so many calls run at once, in the order in which they came, also after failures', async () => {
  const pass = createTurnstile(2)
  const started: number[] = []
  const ends = new Map<number, (failed: boolean) => void>()
  const call = (id: number) => () =>
    new Promise<number>((resolve, reject) => {
      started.push(id)
      ends.set(id, (failed) => (failed ? reject(new Error('failed')) : resolve(id)))
    })
  const results = [1, 2, 3, 4, 5].map((id) => pass(call(id)).catch(() => -id))
  await turn()
  expect(started).toEqual([1, 2])
  ends.get(2)?.(true)
  await turn()
  expect(started).toEqual([1, 2, 3])
  ends.get(1)?.(false)
  ends.get(3)?.(false)
  await turn()
  expect(started).toEqual([1, 2, 3, 4, 5])
  for (const id of [4, 5]) ends.get(id)?.(false)
  expect(await Promise.all(results)).toEqual([1, -2, 3, 4, 5])
})

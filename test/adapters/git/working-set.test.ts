import { expect, test } from 'vitest'
import { createWorkingSet } from '../../../src/adapters/git/working-set.ts'
import { renderCommit } from '../../../src/core/change/commit.ts'
import { renderObject } from '../../../src/core/change/object-id.ts'

const who = { name: 'fairlead', email: 'fairlead@example.com' }
const tree = renderObject('tree', new Uint8Array())

const commitOf = (message: string) =>
  renderCommit({ tree: tree.id, parents: [], author: who, committer: who, date: new Date(0), message })

test('branches of our own are not asked about for what others brought, and only the last ten stay in memory', () => {
  const working = createWorkingSet()
  working.cache.put(tree.id, 'tree', tree.bytes)
  const read = (branch: string) => {
    const { id, bytes } = commitOf(branch)
    working.cache.put(id, 'commit', bytes)
    working.setHead(branch, id)
    working.snapshot(branch, id)
  }
  read('main')
  const ours = Array.from({ length: 12 }, (_, at) => `fairlead/${at}`)
  for (const branch of ours) {
    working.own(branch)
    read(branch)
  }
  expect(working.branches).toEqual(['main'])
  expect(ours.filter((branch) => working.head(branch) !== undefined)).toEqual(ours.slice(2))
  expect(working.head('main')).toBe(commitOf('main').id)
})

test('a branch that is our own from now on is asked for anew', () => {
  const working = createWorkingSet()
  working.setHead('fairlead/a', commitOf('a').id)
  expect(working.branches).toEqual(['fairlead/a'])
  working.own('fairlead/a')
  expect([working.branches, working.head('fairlead/a')]).toEqual([[], undefined])
})

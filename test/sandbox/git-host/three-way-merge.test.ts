import { beforeEach, describe, expect, it } from 'vitest'
import { commitAt, type ObjectStore } from '../../../src/sandbox/git-host/git-object.ts'
import {
  createRepository,
  type FileChanges,
  type Repository,
  writeCommit,
} from '../../../src/sandbox/git-host/repository.ts'
import { commitsBetween, fileTable, mergeBase, mergeTrees } from '../../../src/sandbox/git-host/three-way-merge.ts'

let repository: Repository
let objects: ObjectStore
const base = { 'a/one': '1', 'a/two': '2', top: 't' }

function commit(branch: string, files: FileChanges, from?: string): string {
  if (from !== undefined) repository.refs.set(`refs/heads/${branch}`, from)
  const id = writeCommit(repository, branch, files, { message: branch })
  repository.refs.set(`refs/heads/${branch}`, id)
  return id
}

beforeEach(() => {
  repository = createRepository('gitops')
  objects = repository.objects
})

const treeOf = (id: string) => commitAt(objects, id)?.tree ?? ''

function contentOf(tree: string): Record<string, string> {
  const files = [...fileTable(objects, tree)]
  return Object.fromEntries(files.map(([path, { id }]) => [path, objects.get(id)?.bytes.toString('utf8') ?? '']))
}

describe('a merge of trees', () => {
  const rows: [title: string, ours: FileChanges, theirs: FileChanges, merged: Record<string, string> | 'conflict'][] = [
    ['takes changes of different files', { 'a/one': 'x' }, { 'a/two': 'y' }, { 'a/one': 'x', 'a/two': 'y', top: 't' }],
    ['takes equal changes once', { top: 'x' }, { top: 'x' }, { ...base, top: 'x' }],
    [
      'takes a new file beside a removed one',
      { top: null },
      { 'b/new': 'n' },
      { 'a/one': '1', 'a/two': '2', 'b/new': 'n' },
    ],
    ['leaves no empty folder', { top: 'x' }, { 'a/one': null, 'a/two': null }, { top: 'x' }],
    ['stops where both changed a file', { top: 'x' }, { top: 'y' }, 'conflict'],
    ['stops where one removed what the other changed', { top: null }, { top: 'y' }, 'conflict'],
    ['stops where both made a file', { new: 'x' }, { new: 'y' }, 'conflict'],
  ]
  it.each(rows)('%s', (_, ours, theirs, merged) => {
    const start = commit('main', base)
    const trees = {
      base: treeOf(start),
      ours: treeOf(commit('ours', ours, start)),
      theirs: treeOf(commit('theirs', theirs, start)),
    }
    const result = mergeTrees(objects, trees)
    expect(result === 'conflict' ? result : contentOf(result)).toEqual(merged)
  })
})

describe('history', () => {
  it('knows where two branches parted and what each has alone', () => {
    const start = commit('main', base)
    const [first, second] = [commit('topic', { a1: '1' }, start), commit('topic', { a2: '2' })]
    const main = commit('main', { m: 'm' })
    expect(mergeBase(objects, main, second)).toBe(start)
    expect(commitsBetween(objects, main, second)).toEqual([first, second])
    expect(commitsBetween(objects, second, start)).toEqual([])
  })

  it('of strangers has nothing in common', () => {
    expect(mergeBase(objects, commit('main', base), commit('other', { x: 'x' }))).toBeUndefined()
  })
})

import { beforeEach, describe, expect, test } from 'vitest'
import { type Branches, createBranches } from '../../../src/delivery/trace/branch-reader.ts'
import { FairleadError } from '../../../src/errors.ts'
import { createFakeGitRepository, type FakeGitRepository } from '../../fakes/git-repository.ts'

const url = 'git.example.com/gitops'

describe('a branch', () => {
  let git: FakeGitRepository
  let branches: Branches
  /** What reading it asked of the remote. */
  let asked: number
  let isDown: boolean
  let whileAsked: () => unknown
  const readAt = async (revision?: string, branch = 'main') =>
    (await branches.read({ repository: { url, git: counted }, branch, revision })).revision
  let counted: FakeGitRepository

  beforeEach(() => {
    git = createFakeGitRepository('https://git.example.com/gitops')
    branches = createBranches()
    asked = 0
    isDown = false
    whileAsked = () => undefined
    counted = {
      ...git,
      async snapshot(branch, options) {
        if (options.fresh) {
          asked++
          whileAsked()
        }
        if (options.fresh && isDown) throw new FairleadError('GitUnavailable', 'down')
        return git.snapshot(branch, options)
      },
    }
  })

  test('is taken as it is here until somebody has news of it', async () => {
    const first = git.commit('main', { a: '1' }, 'First')
    expect(await readAt()).toBe(first)
    const second = git.commit('main', { a: '2' }, 'Second')
    expect([await readAt(), asked]).toEqual([first, 0])
    expect(await readAt(`main@sha1:${second}`)).toBe(second)
    expect([await readAt(`main@sha1:${second}`), asked]).toEqual([second, 1])
  })

  test('that is said to have moved is asked for once, by whoever reads it next', async () => {
    git.commit('main', { a: '1' }, 'First')
    await readAt()
    const second = git.commit('main', { a: '2' }, 'Second')
    expect(branches.moved(url, 'main')).toBe(true)
    expect([await readAt(), await readAt(), asked]).toEqual([second, second, 1])
  })

  test('is read anew by all who read it at the same time', async () => {
    git.commit('main', { a: '1' }, 'First')
    await readAt()
    const second = git.commit('main', { a: '2' }, 'Second')
    branches.moved(url, 'main')
    expect(await Promise.all([readAt(), readAt()])).toEqual([second, second])
  })

  test('is asked for again as long as the remote does not answer', async () => {
    git.commit('main', { a: '1' }, 'First')
    await readAt()
    const second = git.commit('main', { a: '2' }, 'Second')
    branches.moved(url, 'main')
    isDown = true
    await expect(readAt()).rejects.toMatchObject({ code: 'GitUnavailable' })
    isDown = false
    expect([await readAt(), await readAt(), asked]).toEqual([second, second, 2])
  })

  test('that moves while it is read is asked for once more', async () => {
    git.commit('main', { a: '1' }, 'First')
    await readAt()
    branches.moved(url, 'main')
    whileAsked = () => branches.moved(url, 'main')
    await readAt()
    whileAsked = () => undefined
    const second = git.commit('main', { a: '2' }, 'Second')
    expect([await readAt(), asked]).toEqual([second, 2])
  })

  test('that nobody reads is nobody’s news, under whatever name', async () => {
    git.commit('main', { a: '1' }, 'First')
    await readAt(undefined, '')
    expect(branches.moved(url, 'topic')).toBe(false)
    expect(branches.moved('git.example.com/other', 'main')).toBe(false)
    expect(branches.moved(url, 'main')).toBe(true)
  })

  test('that is missing is known as one that is wanted', async () => {
    await expect(readAt(undefined, 'release')).rejects.toMatchObject({ code: 'BranchNotFound' })
    expect(branches.moved(url, 'release')).toBe(true)
    const first = git.commit('release', { a: '1' }, 'First')
    expect(await readAt(undefined, 'release')).toBe(first)
  })
})

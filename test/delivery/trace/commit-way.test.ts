import { describe, expect, test } from 'vitest'
import { createBranches } from '../../../src/delivery/trace/branch-reader.ts'
import { type Branch, containment } from '../../../src/delivery/trace/commit-way.ts'
import { createFakeGitRepository } from '../../fakes/git-repository.ts'

/** A repository with the branch main, of which a copy is here, and how often its remote was asked since. */
async function repository(name: string) {
  const git = createFakeGitRepository(`https://git.example.com/${name}`)
  git.commit('main', { 'readme.md': name }, 'Begin')
  await git.snapshot('main', { fresh: true })
  let asked = 0
  const { snapshot } = git
  git.snapshot = (branch, options) => {
    if (options.fresh) asked++
    return snapshot(branch, options)
  }
  const branch: Branch = { repository: { url: `git.example.com/${name}`, git }, name: 'main' }
  return { git, branch, asked: () => asked }
}

describe('whether branches contain a commit', () => {
  test('is asked of the remotes while no copy of a branch holds it, once for each', async () => {
    const [one, other] = [await repository('one'), await repository('other')]
    const pushed = one.git.commit('main', { 'a.yaml': 'a: 1\n' }, 'Just pushed')
    const contains = containment(pushed, [one.branch, other.branch], { readBranch: createBranches().read })
    const answers = [one, other, one, other].map(({ branch }) => contains(branch))
    expect(await Promise.all(answers)).toEqual(['yes', 'no', 'yes', 'no'])
    expect([one.asked(), other.asked()]).toEqual([1, 1])
  })

  test('is asked of no remote once a branch of another repository holds it', async () => {
    const [one, other] = [await repository('one'), await repository('other')]
    const applied = one.git.commit('main', { 'a.yaml': 'a: 1\n' }, 'Applied')
    await one.git.snapshot('main', { fresh: true })
    const before = one.asked()
    const contains = containment(applied, [one.branch, other.branch], { readBranch: createBranches().read })
    expect([await contains(other.branch), await contains(one.branch)]).toEqual(['no', 'yes'])
    expect([one.asked() - before, other.asked()]).toEqual([0, 0])
  })
})

import { expect, test } from 'vitest'
import { findCommit } from '../../src/delivery/find-commit.ts'
import { createFakeGitRepository } from '../fakes/git-repository.ts'

const id = '0123456789abcdef'
const ours = (subject: string, of = id) => `${subject}\n\nFairlead-Id: ${of}\nFairlead-Action: update\n`

/** Messages as GitHub proposes them to whoever merges. */
const rows: [string, string, boolean][] = [
  ['a commit of ours', ours('Update web to 2'), true],
  ['one that a rebase made anew', ours('Update web to 2'), true],
  ['a merge whose message we wrote', `Merge pull request #7\n\nUpdate web to 2\n\nFairlead-Id: ${id}\n`, true],
  ['a squash of one commit', `Update web to 2 (#7)\n\nFairlead-Id: ${id}\nFairlead-Action: update`, true],
  [
    'a squash of several, with who took part',
    `Update 2 images (#7)\n\n* ${ours('Update api to 2', 'f'.repeat(16))}\n* ${ours('Update web to 2')}\n---------\n\nCo-authored-by: bot <bot@example.com>`,
    true,
  ],
  ['a message from a web form', ours('Update web to 2').replaceAll('\n', '\r\n'), true],
  ['a merge that says nothing', 'Merge pull request #7 from acme/fairlead/prod-web\n\nUpdate web to 2', false],
  ['a text that speaks of it', `Explain\n\nThe line Fairlead-Id: ${id} names a change.\n`, false],
  ['a subject that looks like it', `Fairlead-Id: ${id}`, false],
  ['a commit of another change', ours('Update web to 3', 'f'.repeat(16)), false],
]

test.each(rows)('%s: the id is found as it should be', async (_, message, isFound) => {
  const repository = createFakeGitRepository()
  repository.commit('main', { 'a.yaml': 'a: 0\n' }, 'start')
  const commit = repository.commit('main', { 'a.yaml': 'a: 1\n' }, message)
  const head = repository.commit('main', { 'a.yaml': 'a: 2\n' }, 'By hand')
  expect(await findCommit(repository, id, head)).toBe(isFound ? commit : undefined)
  expect(await findCommit(repository, id, head, commit)).toBeUndefined()
})

test('of two commits that carry it, the newest is meant', async () => {
  const repository = createFakeGitRepository()
  repository.commit('main', { 'a.yaml': 'a: 1\n' }, ours('Update web to 2'))
  const again = repository.commit('main', { 'a.yaml': 'a: 2\n' }, ours('Update web to 2 again'))
  expect(await findCommit(repository, id, again)).toBe(again)
})

import { describe, expect, test } from 'vitest'
import type { Delivery } from '../../src/delivery/delivery.ts'
import { putProposal } from '../../src/delivery/proposal-branch.ts'
import { aRepository, bump, depsFor, ours } from './delivery-world.ts'

const branch = 'fairlead/prod-web-0123abcd'

function aProposal() {
  const repository = aRepository()
  const { deps, leading } = depsFor(repository)
  const put = (expected: string | undefined, ...deliveries: Delivery[]) =>
    putProposal({ base: 'main', branch, expected: expected ?? '', deliveries }, deps)
  return { repository, put, leading, head: () => repository.remote.heads.get(branch) }
}

const subjects = (messages: string[]) => ours(messages).map((message) => message.split('\n')[0])

describe('a proposal', () => {
  test('is one commit per change on the head of the base, by date then id', async () => {
    const { repository, put, head } = aProposal()
    const base = repository.commit('main', { 'README.md': 'news\n' }, 'By hand')
    const web = bump('web', '1', '2', '2026-02-01T00:00:02Z')
    const put1 = await put('', web, bump('api', '1', '2', '2026-02-01T00:00:01Z'))
    expect(put1).toEqual({ head: head(), base, included: ['api-2', 'web-2'], concluded: [] })
    expect(subjects(repository.messages(branch))).toEqual(['Update web to 2', 'Update api to 2'])
    expect(repository.read('main', 'apps/web.yaml')).toBe('image: web:1\n')
    expect(repository.pushes).toBe(1)
  })

  test('that the branch holds already costs no push, whichever process looks', async () => {
    const { repository, put } = aProposal()
    const first = await put('', bump('web', '1', '2'))
    expect(await put(first.head, bump('web', '1', '2'))).toEqual(first)
    expect(repository.pushes).toBe(1)
  })

  test('leaves its old commits behind when the version or the base is newer', async () => {
    const { repository, put, head } = aProposal()
    const first = await put('', bump('web', '1', '2'))
    const second = await put(first.head, bump('web', '1', '3'))
    expect(subjects(repository.messages(branch))).toEqual(['Update web to 3'])
    const base = repository.commit('main', { 'README.md': 'news\n' }, 'By hand')
    const third = await put(second.head, bump('web', '1', '3'))
    expect(third).toMatchObject({ head: head(), base })
    expect(subjects(repository.messages(branch))).toEqual(['Update web to 3'])
    expect(repository.read(branch, 'README.md')).toBe('news\n')
  })

  test('goes on without a change that is refused, and without one that is there already', async () => {
    const { repository, put } = aProposal()
    repository.commit('main', { 'apps/api.yaml': 'image: api:2\n' }, 'By hand')
    const put1 = await put('', bump('web', '1', '2'), bump('api', '1', '2'), bump('web', '9', '10'))
    expect(put1.included).toEqual(['web-2'])
    expect(put1.concluded).toEqual([
      { id: 'api-2', refusal: undefined },
      { id: 'web-10', refusal: expect.objectContaining({ code: 'ValueChanged' }) },
    ])
    expect(subjects(repository.messages(branch))).toEqual(['Update web to 2'])
  })

  test('of nothing leaves the branch as it is', async () => {
    const { repository, put, head } = aProposal()
    const first = await put('', bump('web', '1', '2'))
    repository.commit('main', { 'apps/web.yaml': 'image: web:2\n' }, 'By hand')
    const second = await put(first.head, bump('web', '1', '2'))
    expect(second).toMatchObject({ head: undefined, included: [], concluded: [{ id: 'web-2', refusal: undefined }] })
    expect(head()).toBe(first.head)
    expect(repository.pushes).toBe(1)
  })

  test('whose answer was lost is found on the remote', async () => {
    const { repository, put, head } = aProposal()
    repository.nextPush = 'lose'
    expect((await put('', bump('web', '1', '2'))).head).toBe(head())
    expect(repository.pushes).toBe(1)
  })

  test('that never arrived fails for now, and can be put again', async () => {
    const { repository, put, head } = aProposal()
    repository.nextPush = 'drop'
    await expect(put('', bump('web', '1', '2'))).rejects.toMatchObject({ code: 'GitUnavailable' })
    expect(head()).toBeUndefined()
    expect((await put('', bump('web', '1', '2'))).head).toBe(head())
  })

  test('never takes away what somebody else put on its branch', async () => {
    const { repository, put, head } = aProposal()
    const first = await put('', bump('web', '1', '2'))
    let theirs = ''
    repository.beforePush = () => {
      theirs = repository.commit(branch, { 'README.md': 'by hand\n' }, 'By hand')
    }
    await expect(put(first.head, bump('web', '1', '3'))).rejects.toMatchObject({ code: 'PushRejected' })
    expect(head()).toBe(theirs)
  })

  test('does not bring back a branch that was deleted meanwhile', async () => {
    const { repository, put, head } = aProposal()
    const first = await put('', bump('web', '1', '2'))
    repository.remote.heads.delete(branch)
    await expect(put(first.head, bump('web', '1', '3'))).rejects.toMatchObject({ code: 'PushRejected' })
    expect(head()).toBeUndefined()
  })

  test('that a rule of the host refuses says so in its words', async () => {
    const { repository, put } = aProposal()
    repository.nextPush = { refuse: 'branch names must begin with team/' }
    const refused = put('', bump('web', '1', '2'))
    await expect(refused).rejects.toMatchObject({ code: 'PushRefused', message: 'branch names must begin with team/' })
  })

  test('of a replica that lost the lease does not reach the remote', async () => {
    const { repository, put, leading } = aProposal()
    leading.now = false
    await expect(put('', bump('web', '1', '2'))).rejects.toMatchObject({ code: 'NotLeader' })
    expect(repository.pushes).toBe(0)
  })
})

import { describe, expect, test } from 'vitest'
import type { Delivery } from '../../src/delivery/delivery.ts'
import { putProposal } from '../../src/delivery/proposal-branch.ts'
import { FairleadError } from '../../src/errors.ts'
import { createFakeRepositoryHost } from '../fakes/repository-host.ts'
import { aRepository, bump, depsFor, ours } from './delivery-world.ts'

const branch = 'fairlead/prod-web-0123abcd'
const workplace = `${branch}-signing`

function aSignedProposal() {
  const repository = aRepository()
  const host = createFakeRepositoryHost(repository)
  const { deps, log } = depsFor(repository, { hosted: host })
  const { heads } = repository.remote
  const put = (deliveries: Delivery[], expected = heads.get(branch) ?? '', by = deps) =>
    putProposal({ base: 'main', branch, expected, deliveries }, by)
  const author = () => repository.remote.facts(heads.get(branch) ?? '').author.name
  return { repository, host, put, deps, heads, author, log }
}

const both = [bump('api', '1', '2', '2026-02-01T00:00:01Z'), bump('web', '1', '2', '2026-02-01T00:00:02Z')]
const subjects = (messages: string[]) => ours(messages).map((message) => message.split('\n')[0])

describe('a proposal that the host signs', () => {
  test('is a series of commits that the host makes on the head of the base; nothing else is left behind', async () => {
    const { repository, put, heads, author } = aSignedProposal()
    const base = repository.commit('main', { 'notes.yaml': 'a: 1\n' }, 'By hand')
    expect(await put(both)).toEqual({ head: heads.get(branch), base, included: ['api-2', 'web-2'], concluded: [] })
    expect(subjects(repository.messages(branch))).toEqual(['Update web to 2', 'Update api to 2'])
    expect(author()).toBe('fairlead[bot]')
    expect([...heads.keys()]).toEqual(['main', branch])
  })

  test('that the branch holds already costs no write', async () => {
    const { repository, host, put } = aSignedProposal()
    const first = await put(both)
    const written = [repository.pushes, { ...host.calls.writes }]
    expect(await put(both)).toEqual(first)
    expect([repository.pushes, host.calls.writes]).toEqual(written)
  })

  test('is made anew for a newer version and on a newer base, and stays open all the time', async () => {
    const { repository, host, put } = aSignedProposal()
    await put([bump('web', '1', '2')])
    const draft = { branch, base: 'main', title: 'Update web', body: '', isDraft: false }
    const { number } = await host.pullRequests.open(draft)
    await put([bump('web', '1', '3')])
    repository.commit('main', { 'notes.yaml': 'a: 1\n' }, 'By hand')
    const { head } = await put([bump('web', '1', '3')])
    expect(await host.pullRequests.read(number)).toMatchObject({ state: 'open', head })
    expect(subjects(repository.messages(branch))).toEqual(['Update web to 3'])
    expect(repository.read(branch, 'notes.yaml')).toBe('a: 1\n')
  })

  test('never takes away what somebody else put on its branch', async () => {
    const { repository, put, heads } = aSignedProposal()
    const { head } = await put([bump('web', '1', '2')])
    const theirs = repository.commit(branch, { 'notes.yaml': 'by: hand\n' }, 'By hand')
    await expect(put([bump('web', '1', '3')], head)).rejects.toMatchObject({ code: 'PushRejected' })
    expect(heads.get(branch)).toBe(theirs)
    expect(heads.has(workplace)).toBe(false)
  })

  test('is not believed when the host made something else of it', async () => {
    const { repository, host, put, heads } = aSignedProposal()
    const { commit } = host.commits
    host.commits.commit = (order) => commit({ ...order, files: [{ path: 'apps/web.yaml', text: 'image: evil:1\n' }] })
    await expect(put([bump('web', '1', '2')])).rejects.toMatchObject({ code: 'HostInvalid' })
    expect(heads.has(branch)).toBe(false)
    expect(repository.read('main', 'apps/web.yaml')).toBe('image: web:1\n')
  })

  test('is pushed where the host makes no commits, says why, and is left alone from then on', async () => {
    const { repository, host, put, heads, author } = aSignedProposal()
    host.failNext('commit', new FairleadError('HostForbidden', 'not accessible by this token'))
    const first = await put([bump('web', '1', '2')])
    expect(first).toMatchObject({ head: heads.get(branch), unsigned: 'not accessible by this token' })
    expect(author()).toBe('fairlead')
    expect(heads.has(workplace)).toBe(false)
    const pushes = repository.pushes
    expect(await put([bump('web', '1', '2')])).toMatchObject({ head: first.head })
    expect([repository.pushes, host.calls.writes.commit]).toEqual([pushes, 1])
  })

  describe('killed at any effect', () => {
    const points = ['replace', 'commit', 'commit', 'replace', 'deleteBranch'].flatMap((name, index) =>
      (['before', 'after'] as const).map((when) => ({ name, index, when })),
    )

    test.each(points)(
      '($index: $when $name) it is whole after the next try, and was open throughout',
      async (point) => {
        const { repository, host, put, deps, heads } = aSignedProposal()
        await put([bump('web', '1', '5')])
        const draft = { branch, base: 'main', title: 'Update web', body: '', isDraft: false }
        const { number } = await host.pullRequests.open(draft)
        const read = () => host.pullRequests.read(number)
        await put(both, undefined, dying(deps, host, point)).catch(() => undefined)
        expect(await read()).toMatchObject({ state: 'open' })
        const { head } = await put(both)
        expect(await read()).toMatchObject({ state: 'open', head })
        expect(subjects(repository.messages(branch))).toEqual(['Update web to 2', 'Update api to 2'])
        expect(heads.get('main')).toBe(
          repository.remote.facts(repository.remote.facts(head ?? '').parents[0] ?? '').parents[0],
        )
      },
    )
  })
})

/** The same world, until the process ends before or after its effect of that number; nothing is reached from then on. */
function dying(
  deps: ReturnType<typeof depsFor>['deps'],
  host: ReturnType<typeof createFakeRepositoryHost>,
  { index, when }: { index: number; when: 'before' | 'after' },
): typeof deps {
  let effects = 0
  let isDead = false
  const mortal =
    <A extends unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      const isLast = effects++ === index
      if (isDead || (isLast && when === 'before')) {
        isDead = true
        throw new Error('killed')
      }
      const answer = await call(...args)
      if (!isLast) return answer
      isDead = true
      throw new Error('killed')
    }
  const { repository, authorship } = deps
  const hosted = {
    ...host,
    commits: { commit: mortal(host.commits.commit) },
    pullRequests: { ...host.pullRequests, deleteBranch: mortal(host.pullRequests.deleteBranch) },
  }
  return {
    ...deps,
    repository: { ...repository, replace: mortal(repository.replace) },
    authorship: { ...authorship, hosted },
  }
}

import { describe, expect, test } from 'vitest'
import { createDeliveryQueue } from '../../src/delivery/delivery.ts'
import { FairleadError } from '../../src/errors.ts'
import { createFakeRepositoryHost } from '../fakes/repository-host.ts'
import { aRepository, bump, depsFor, ours } from './delivery-world.ts'

function aSigningQueue() {
  const repository = aRepository()
  const host = createFakeRepositoryHost(repository)
  const { deps, leading, log } = depsFor(repository, { hosted: host })
  const committer = (commit: string | undefined) => repository.remote.facts(commit ?? '').author.name
  return { repository, host, queue: createDeliveryQueue(deps), leading, log, committer }
}

const unavailable = new FairleadError('HostUnavailable', 'connection reset')

describe('a delivery that the host signs', () => {
  test('is a commit that the host makes, read back from the remote', async () => {
    const { repository, queue, committer } = aSigningQueue()
    const delivered = await queue.submit(bump('web', '1', '2'))
    expect(delivered).toEqual({ kind: 'pushed', commit: await repository.remoteHead('main') })
    expect(committer(delivered.commit)).toBe('fairlead[bot]')
    expect(repository.read('main', 'apps/web.yaml')).toBe('image: web:2\n')
    expect(repository.pushes).toBe(0)
  })

  test('waits for its turn: one commit per change, each on the one before, by date then id', async () => {
    const { repository, host, queue } = aSigningQueue()
    const [web, api] = await Promise.all([
      queue.submit(bump('web', '1', '2', '2026-02-01T00:00:02Z')),
      queue.submit(bump('api', '1', '2', '2026-02-01T00:00:01Z')),
    ])
    expect(repository.remote.facts(web.commit ?? '').parents).toEqual([api.commit])
    expect(host.calls.writes.commit).toBe(2)
  })

  test('is planned again on the head of another writer', async () => {
    const { repository, queue } = aSigningQueue()
    await queue.preview(bump('web', '1', '2'))
    repository.commit('main', { 'README.md': 'by hand\n' }, 'By hand')
    expect((await queue.submit(bump('web', '1', '2'))).kind).toBe('pushed')
    expect(repository.read('main', 'README.md')).toBe('by hand\n')
  })

  test('whose answer was lost is found by its id: no second commit', async () => {
    const { repository, host, queue } = aSigningQueue()
    host.failNext('commit', unavailable, 'after')
    const delivered = await queue.submit(bump('web', '1', '2'))
    expect(delivered).toEqual({ kind: 'pushed', commit: await repository.remoteHead('main') })
    expect(ours(repository.messages('main'))).toHaveLength(1)
  })

  test('that never arrived fails for now, and can be submitted again', async () => {
    const { repository, host, queue } = aSigningQueue()
    host.failNext('commit', unavailable)
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'HostUnavailable' })
    expect((await queue.submit(bump('web', '1', '2'))).kind).toBe('pushed')
    expect(ours(repository.messages('main'))).toHaveLength(1)
  })

  test('that was made stays told when the next one fails', async () => {
    const { host, queue } = aSigningQueue()
    const first = queue.submit(bump('api', '1', '2', '2026-02-01T00:00:01Z'))
    const second = queue.submit(bump('web', '1', '2', '2026-02-01T00:00:02Z'))
    void first.then(() => host.failNext('commit', unavailable))
    const results = await Promise.allSettled([first, second])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  test('that a rule of the host refuses is not tried again, and does not hold up the others', async () => {
    const { repository, host, queue } = aSigningQueue()
    host.state.refusesCommit = 'changes must be made through a pull request'
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'PushRefused' })
    expect(host.calls.writes.commit).toBe(1)
    expect(repository.pushes).toBe(0)
  })

  test.each<[string, (world: ReturnType<typeof aSigningQueue>) => void, RegExp]>([
    [
      'of a file that is not plain',
      ({ repository }) => {
        const { snapshot } = repository
        repository.snapshot = async (...args) => ({ ...(await snapshot(...args)), mode: () => '100755' })
      },
      /apps\/web\.yaml has mode 100755/,
    ],
    [
      'for an account that may not have commits made',
      ({ host }) => host.failNext('commit', new FairleadError('HostForbidden', 'not accessible by this token')),
      /not accessible by this token/,
    ],
  ])('%s is pushed instead, and says why it is not signed', async (_, given, reason) => {
    const world = aSigningQueue()
    given(world)
    const delivered = await world.queue.submit(bump('web', '1', '2'))
    expect(delivered).toEqual({
      kind: 'pushed',
      commit: await world.repository.remoteHead('main'),
      unsigned: expect.stringMatching(reason),
    })
    expect(world.committer(delivered.commit)).toBe('fairlead')
    expect(JSON.stringify(world.log.lines)).toMatch(reason)
  })

  test('of a replica that lost the lease does not reach the host', async () => {
    const { host, queue, leading } = aSigningQueue()
    leading.now = false
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'NotLeader' })
    expect(host.calls.writes).toEqual({})
  })

  test('has a preview with the tree, for its commit is known only afterwards', async () => {
    const { repository, queue } = aSigningQueue()
    const preview = await queue.preview(bump('web', '1', '2'))
    expect(preview).toMatchObject({ kind: 'change', commit: undefined, tree: expect.stringMatching(/^[0-9a-f]{40}$/) })
    expect(repository.read('main', 'apps/web.yaml')).toBe('image: web:1\n')
  })
})

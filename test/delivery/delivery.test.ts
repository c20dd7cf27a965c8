import { describe, expect, test } from 'vitest'
import { createDeliveryQueue } from '../../src/delivery/delivery.ts'
import type { Signer } from '../../src/ports.ts'
import type { BranchMove } from '../../src/ports-engine.ts'
import { aRepository, bump, depsFor, ours } from './delivery-world.ts'

function aQueue(signer?: Signer) {
  const repository = aRepository()
  const { deps, leading } = depsFor(repository, { signer })
  return { repository, queue: createDeliveryQueue(deps), leading }
}

describe('a delivery', () => {
  test('is one commit on the branch, read back from the remote', async () => {
    const { repository, queue } = aQueue()
    const delivered = await queue.submit(bump('web', '1', '2'))
    expect(delivered).toEqual({ kind: 'pushed', commit: await repository.remoteHead('main') })
    expect(repository.read('main', 'apps/web.yaml')).toBe('image: web:2\n')
    expect(repository.read('main', 'apps/api.yaml')).toBe('image: api:1\n')
  })

  test('waits with others for one push, one commit each, by date then id', async () => {
    const { repository, queue } = aQueue()
    await Promise.all([
      queue.submit(bump('web', '1', '2', '2026-02-01T00:00:02Z')),
      queue.submit(bump('api', '1', '2', '2026-02-01T00:00:01Z')),
    ])
    expect(repository.pushes).toBe(1)
    expect(ours(repository.messages('main')).map((message) => message.split('\n')[0])).toEqual([
      'Update web to 2',
      'Update api to 2',
    ])
  })

  test('tells once of its push, with what changed in it, and of no push that was not needed', async () => {
    const repository = aRepository()
    const before = await repository.remoteHead('main')
    const moves: BranchMove[] = []
    const queue = createDeliveryQueue({ ...depsFor(repository).deps, moved: (move) => moves.push(move) })
    await Promise.all([queue.submit(bump('web', '1', '2')), queue.submit(bump('api', '1', '2'))])
    const after = await repository.remoteHead('main')
    const files = ['apps/api.yaml', 'apps/web.yaml']
    expect(moves).toEqual([{ repository: repository.url, branch: 'main', before, after, files }])
    await queue.submit(bump('web', '1', '2'))
    await expect(queue.submit(bump('web', '1', '3'))).rejects.toMatchObject({ code: 'ValueChanged' })
    expect(moves).toHaveLength(1)
  })

  test('that follows right upon another is not forgotten, however close', async () => {
    const { queue } = aQueue()
    for (let ticks = 0; ticks < 12; ticks++) {
      await queue.submit(bump('web', `${ticks + 1}`, `${ticks + 2}`))
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    }
    await queue.idle()
  })

  test('of a change that is there already is settled, and names the commit that brought it', async () => {
    const { repository, queue } = aQueue()
    const first = await queue.submit(bump('web', '1', '2'))
    expect(await queue.submit(bump('web', '1', '2'))).toEqual({ kind: 'settled', commit: first.commit })
    expect(ours(repository.messages('main'))).toHaveLength(1)
  })

  test('without a file is a commit only where its message is all there is to say', async () => {
    const { repository, queue } = aQueue()
    const before = await repository.remoteHead('main')
    const said = { id: 'said', date: new Date(0) }
    const change = { kind: 'change', edits: [], message: 'Release\n\nFairlead-Id: said\n' } as const
    expect(await queue.submit({ ...said, plan: () => change })).toEqual({ kind: 'settled', commit: undefined })
    expect(await repository.remoteHead('main')).toBe(before)
    const pushed = await queue.submit({ ...said, plan: () => ({ ...change, isEmpty: true }) })
    expect(pushed).toEqual({ kind: 'pushed', commit: await repository.remoteHead('main') })
    expect(repository.messages('main')[0]).toContain('Fairlead-Id: said')
    expect(repository.read('main', 'apps/web.yaml')).toBe('image: web:1\n')
  })

  test('submitted twice at once is one commit', async () => {
    const { repository, queue } = aQueue()
    const [one, two] = await Promise.all([queue.submit(bump('web', '1', '2')), queue.submit(bump('web', '1', '2'))])
    expect(one).toEqual(two)
    expect(ours(repository.messages('main'))).toHaveLength(1)
  })

  test('is planned again on the head of another writer, and keeps what that one wrote', async () => {
    const { repository, queue } = aQueue()
    repository.beforePush = () => repository.commit('main', { 'README.md': 'by hand\n' }, 'By hand')
    await queue.submit(bump('web', '1', '2'))
    expect(repository.read('main', 'README.md')).toBe('by hand\n')
    expect(repository.read('main', 'apps/web.yaml')).toBe('image: web:2\n')
    expect(repository.pushes).toBe(2)
  })

  test('gives way to a human who changed the same value meanwhile', async () => {
    const { repository, queue } = aQueue()
    repository.beforePush = () => repository.commit('main', { 'apps/web.yaml': 'image: web:3\n' }, 'By hand')
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'ValueChanged' })
    expect(ours(repository.messages('main'))).toEqual([])
  })

  test('is refused only from the head the remote has now', async () => {
    const { repository, queue } = aQueue()
    await queue.submit(bump('api', '1', '2'))
    repository.commit('main', { 'apps/web.yaml': 'image: web:5\n' }, 'By hand')
    // The local copy still holds web:1, where this plan would be refused.
    expect((await queue.submit(bump('web', '5', '6'))).kind).toBe('pushed')
  })

  test('whose answer was lost is found on the remote: no second commit', async () => {
    const { repository, queue } = aQueue()
    repository.nextPush = 'lose'
    expect((await queue.submit(bump('web', '1', '2'))).kind).toBe('pushed')
    expect(repository.pushes).toBe(1)
    expect(ours(repository.messages('main'))).toHaveLength(1)
  })

  test('that never arrived fails for now, and can be submitted again', async () => {
    const { repository, queue } = aQueue()
    repository.nextPush = 'drop'
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'GitUnavailable' })
    expect((await queue.submit(bump('web', '1', '2'))).kind).toBe('pushed')
    expect(ours(repository.messages('main'))).toHaveLength(1)
  })

  test('that a rule of the host refuses is not tried again', async () => {
    const { repository, queue } = aQueue()
    repository.nextPush = { refuse: 'protected branch' }
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'PushRefused' })
    expect(repository.pushes).toBe(1)
  })

  test('does not hold up the others when it is refused', async () => {
    const { repository, queue } = aQueue()
    const results = await Promise.allSettled([
      queue.submit(bump('web', '9', '10')),
      queue.submit(bump('api', '1', '2')),
    ])
    expect(results.map((one) => one.status)).toEqual(['rejected', 'fulfilled'])
    expect(repository.read('main', 'apps/api.yaml')).toBe('image: api:2\n')
  })

  test('does not hold up the others when the host refuses the batch it came in', async () => {
    const { repository, queue } = aQueue()
    repository.nextPush = { refuse: 'web may not change on Fridays' }
    const results = await Promise.all([queue.submit(bump('web', '1', '2')), queue.submit(bump('api', '1', '2'))])
    expect(results.map((one) => one.kind)).toEqual(['pushed', 'pushed'])
    expect(repository.pushes).toBe(3)
  })

  test('is given up for now when the branch never stands still', async () => {
    const { repository, queue } = aQueue()
    let count = 0
    const move = () => {
      repository.commit('main', { 'README.md': `${count++}\n` }, 'By hand')
      repository.beforePush = move
    }
    repository.beforePush = move
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'PushRejected' })
    expect(repository.pushes).toBe(10)
  })

  test('of a replica that lost the lease does not reach the remote', async () => {
    const { repository, queue, leading } = aQueue()
    leading.now = false
    await expect(queue.submit(bump('web', '1', '2'))).rejects.toMatchObject({ code: 'NotLeader' })
    expect(repository.pushes).toBe(0)
  })

  test('gives the same commit on two replicas, so the second push changes nothing', async () => {
    const [a, b] = [aQueue(), aQueue()]
    const [one, two] = [await a.queue.submit(bump('web', '1', '2')), await b.queue.submit(bump('web', '1', '2'))]
    expect(one.commit).toBe(two.commit)
  })
})

describe('a preview', () => {
  const signer: Signer = { publicKey: Buffer.from('key'), sign: (data) => Buffer.from(`signed ${data.length}`) }

  test.each([
    ['as it is', undefined],
    ['with a signature', signer],
  ])('is the very commit that is pushed, %s', async (_, key) => {
    const { repository, queue } = aQueue(key)
    const base = await repository.remoteHead('main')
    const preview = await queue.preview(bump('web', '1', '2'))
    expect(preview).toMatchObject({ kind: 'change', base, message: expect.stringContaining('Update web to 2') })
    expect([repository.pushes, await repository.remoteHead('main')]).toEqual([0, base])
    expect(await queue.submit(bump('web', '1', '2'))).toMatchObject(
      preview.kind === 'change' ? { commit: preview.commit } : {},
    )
  })

  test('has the refusal of the delivery', async () => {
    await expect(aQueue().queue.preview(bump('web', '7', '8'))).rejects.toMatchObject({ code: 'ValueChanged' })
  })

  test('of what is there already is settled', async () => {
    const { repository, queue } = aQueue()
    expect(await queue.preview(bump('web', '0', '1'))).toEqual({
      kind: 'settled',
      base: await repository.remoteHead('main'),
    })
  })
})

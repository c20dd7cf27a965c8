import { describe, expect, it } from 'vitest'
import type { MergeMethod, PullRequest } from '../../src/ports-repository-host.ts'
import { type HostWorld, need, propose, reread, settled, until } from './repository-host-world.ts'

const methods: MergeMethod[] = ['merge', 'squash', 'rebase']

/** Merging now, and merging by itself later. */
export function describeMerging(current: () => HostWorld): void {
  const pulls = () => current().host.pullRequests
  const orderFor = (pull: PullRequest, method: MergeMethod = 'merge') => ({
    head: pull.head,
    method,
    title: 'Update web to 2',
    message: 'Because.\n\nFairlead-Id: 0123456789abcdef',
  })
  const baseLog = () => current().git.log(current().base)

  describe('a merge', () => {
    it.each(methods)('by %s puts the change on the base, and names the commit', async (method) => {
      const world = current()
      const pull = await propose(world)
      await world.git.commit(world.base, { 'README.md': 'theirs\n' })
      await settled(world, pull.number)
      const answer = await pulls().merge(pull.number, orderFor(pull, method))
      const [newest, before] = await baseLog()
      expect(answer).toEqual({ kind: 'merged', commit: newest?.id })
      expect(await world.git.read(world.base, 'apps/web.yaml')).toBe('image: web:2\n')
      expect(await world.git.read(world.base, 'README.md')).toBe('theirs\n')
      expect(newest?.parents).toEqual(method === 'merge' ? [before?.id, pull.head] : [before?.id])
      const ours = 'Update web to 2\n\nBecause.\n\nFairlead-Id: 0123456789abcdef'
      expect(newest?.message.trim()).toBe(method === 'rebase' ? 'Update to web:2' : ours)
      const merged = await until(
        world,
        () => reread(world, pull.number),
        ({ state }) => state === 'merged',
      )
      expect(merged).toMatchObject({ state: 'merged', head: pull.head, mergesItself: false })
      expect(merged.merged).toMatchObject({ commit: newest?.id, by: await pulls().account() })
      expect(merged.closed).toBeUndefined()
    })

    it('by somebody else is known by name, with the commit', async (context) => {
      const world = current()
      const people = need(world.people, context, 'a second person')
      const { number } = await propose(world)
      await people.merge(number)
      const [newest] = await baseLog()
      const merged = { commit: newest?.id, by: people.login }
      expect(await reread(world, number)).toMatchObject({ state: 'merged', merged })
    })

    it('whose commit the host does not name is done all the same', async (context) => {
      const world = current()
      const pull = await propose(world)
      await settled(world, pull.number)
      await need(world.conceal, context, 'a host that conceals')()
      expect(await pulls().merge(pull.number, orderFor(pull))).toEqual({ kind: 'merged', commit: undefined })
      expect(await world.git.read(world.base, 'apps/web.yaml')).toBe('image: web:2\n')
      const { state, merged } = await reread(world, pull.number)
      expect([state, merged?.commit]).toEqual(['merged', undefined])
    })

    it('of another head than the present one is refused as moved', async () => {
      const world = current()
      const pull = await propose(world)
      const base = await world.git.head(world.base)
      const head = await world.git.commit(pull.branch, { 'apps/web.yaml': 'image: web:3\n' })
      await until(
        world,
        () => settled(world, pull.number),
        (one) => one.head === head,
      )
      expect(await pulls().merge(pull.number, orderFor(pull))).toMatchObject({ kind: 'moved' })
      expect(await world.git.head(world.base)).toBe(base)
      expect(await reread(world, pull.number)).toMatchObject({ state: 'open' })
    })

    it('of a conflict is not done, and known as one at the next look', async () => {
      const world = current()
      const pull = await propose(world)
      const base = await world.git.commit(world.base, { 'apps/web.yaml': 'image: web:1.5\n' })
      const { kind } = await pulls().merge(pull.number, orderFor(pull))
      expect(['later', 'ruled-out']).toContain(kind)
      expect(await world.git.head(world.base)).toBe(base)
      expect((await settled(world, pull.number)).mergeability).toBe('conflict')
    })

    it('of a draft is not done', async () => {
      const world = current()
      const pull = await propose(world, { isDraft: true })
      const base = await world.git.head(world.base)
      expect(await pulls().merge(pull.number, orderFor(pull))).toMatchObject({ kind: 'ruled-out' })
      expect(await world.git.head(world.base)).toBe(base)
    })

    it('of a merged one changes nothing', async () => {
      const world = current()
      const pull = await propose(world)
      await settled(world, pull.number)
      await pulls().merge(pull.number, orderFor(pull))
      const base = await world.git.head(world.base)
      expect((await pulls().merge(pull.number, orderFor(pull))).kind).not.toBe('forbidden')
      expect(await world.git.head(world.base)).toBe(base)
    })

    it.for(methods)(
      'by %s where that is not allowed is forbidden, with the words of the host',
      async (method, context) => {
        const world = current()
        await need(world.admin, context, 'an administrator').forbid(method)
        const pull = await propose(world)
        await settled(world, pull.number)
        const answer = await pulls().merge(pull.number, orderFor(pull, method))
        expect(answer).toMatchObject({ kind: 'forbidden', words: expect.stringContaining('not allowed') })
        expect(await reread(world, pull.number)).toMatchObject({ state: 'open' })
      },
    )

    it('is ruled out while a demand of the base is not met, with the words of the host', async (context) => {
      const world = current()
      await need(world.admin, context, 'an administrator').demand({ checks: ['ci'] })
      const pull = await propose(world)
      await settled(world, pull.number)
      const refused = await pulls().merge(pull.number, orderFor(pull))
      expect(refused).toMatchObject({ kind: 'ruled-out', words: expect.stringContaining('ci') })
      await world.hand.check(pull.head, 'ci', 'green')
      await until(
        world,
        () => settled(world, pull.number),
        (one) => one.mergeability === 'ready',
      )
      expect(await pulls().merge(pull.number, orderFor(pull))).toMatchObject({ kind: 'merged' })
    })

    it('needs the approval that the base demands', async (context) => {
      const world = current()
      await need(world.admin, context, 'an administrator').demand({ review: true })
      const people = need(world.people, context, 'a second person')
      const pull = await propose(world)
      await settled(world, pull.number)
      expect(await pulls().merge(pull.number, orderFor(pull))).toMatchObject({ kind: 'ruled-out' })
      await people.approve(pull.number)
      await until(
        world,
        () => settled(world, pull.number),
        (one) => one.mergeability === 'ready',
      )
      expect(await pulls().merge(pull.number, orderFor(pull))).toMatchObject({ kind: 'merged' })
    })

    it('may happen outside the host: what came to the base is merged', async () => {
      const world = current()
      const { number, branch, head } = await propose(world)
      await world.git.create(world.base, (await world.git.head(branch)) ?? '')
      const merged = await until(
        world,
        () => reread(world, number),
        ({ state }) => state === 'merged',
      )
      expect(merged).toMatchObject({ state: 'merged', head })
    })
  })

  describe('a merge when everything is ready', () => {
    it('is accepted and done as soon as the demand is met, with our message', async (context) => {
      const world = current()
      const people = need(world.people, context, 'a second person')
      await need(world.admin, context, 'an administrator').demand({ review: true, mergesItself: true })
      const pull = await propose(world)
      await settled(world, pull.number)
      expect(await pulls().mergeWhenReady(pull.number, orderFor(pull, 'squash'))).toEqual({ kind: 'accepted' })
      expect(await reread(world, pull.number)).toMatchObject({ state: 'open', mergesItself: true })
      await people.approve(pull.number)
      const merged = await until(
        world,
        () => reread(world, pull.number),
        ({ state }) => state === 'merged',
      )
      const [newest] = await baseLog()
      expect(merged).toMatchObject({ state: 'merged', merged: { commit: newest?.id } })
      expect(newest?.message).toContain('Fairlead-Id: 0123456789abcdef')
      expect(newest?.message).toMatch(/^Update web to 2/)
    })

    it('goes through the queue where the base has one, which takes in what meets its demands', async (context) => {
      const world = current()
      await need(world.admin, context, 'an administrator').demand({ queue: true, checks: ['ci'] })
      expect(await pulls().demands(world.base)).toMatchObject({ queue: true, checks: true })
      const pull = await propose(world)
      await settled(world, pull.number)
      expect(await pulls().mergeWhenReady(pull.number, orderFor(pull))).toMatchObject({ kind: 'ruled-out' })
      await world.hand.check(pull.head, 'ci', 'green')
      expect(await pulls().merge(pull.number, orderFor(pull))).toMatchObject({ kind: 'ruled-out' })
      expect(await pulls().mergeWhenReady(pull.number, orderFor(pull))).toEqual({ kind: 'accepted' })
      const read = () => reread(world, pull.number)
      expect(await until(world, read, ({ state }) => state === 'merged')).toMatchObject({ state: 'merged' })
      expect(await world.git.read(world.base, 'apps/web.yaml')).toBe('image: web:2\n')
    })

    it('is refused where the base demands nothing', async () => {
      const pull = await propose(current())
      await settled(current(), pull.number)
      expect(await pulls().mergeWhenReady(pull.number, orderFor(pull))).toMatchObject({ kind: 'ruled-out' })
      expect(await reread(current(), pull.number)).toMatchObject({ state: 'open', mergesItself: false })
    })

    it('is refused by a method that the repository does not allow', async (context) => {
      const admin = need(current().admin, context, 'an administrator')
      await admin.demand({ checks: ['ci'], mergesItself: true })
      await admin.forbid('squash')
      const pull = await propose(current())
      await settled(current(), pull.number)
      expect(await pulls().mergeWhenReady(pull.number, orderFor(pull, 'squash'))).toMatchObject({ kind: 'ruled-out' })
    })

    it('is refused where the repository does not allow it', async (context) => {
      await need(current().admin, context, 'an administrator').demand({ checks: ['ci'], mergesItself: false })
      const pull = await propose(current())
      await settled(current(), pull.number)
      expect(await pulls().mergeWhenReady(pull.number, orderFor(pull))).toMatchObject({ kind: 'ruled-out' })
    })

    it('of another head than the present one is refused as moved', async (context) => {
      const world = current()
      await need(world.admin, context, 'an administrator').demand({ checks: ['ci'], mergesItself: true })
      const pull = await propose(world)
      const head = await world.git.commit(pull.branch, { 'apps/web.yaml': 'image: web:3\n' })
      await until(
        world,
        () => settled(world, pull.number),
        (one) => one.head === head,
      )
      expect(await pulls().mergeWhenReady(pull.number, orderFor(pull))).toMatchObject({ kind: 'moved' })
    })
  })
}

import { describe, expect, it } from 'vitest'
import type { Checks } from '../../src/ports-repository-host.ts'
import { type CheckWord, type HostWorld, need, propose, reread, settled, until } from './repository-host-world.ts'

/** Reviews, checks and mergeability: what a proposal is judged by. */
export function describeVerdicts(current: () => HostWorld): void {
  const pulls = () => current().host.pullRequests

  describe('reviews', () => {
    it('are none at first', async () => {
      const { number } = await propose(current())
      expect(await pulls().reviews(number)).toEqual([])
    })

    it('are the last word of a person, and a remark is none', async (context) => {
      const people = need(current().people, context, 'a second person')
      const { number, head } = await propose(current())
      const word = { by: people.login, commit: head, mayWrite: true }
      await people.remark(number)
      expect(await pulls().reviews(number)).toEqual([])
      await people.requestChanges(number)
      expect(await pulls().reviews(number)).toEqual([{ ...word, state: 'changes-requested' }])
      await people.approve(number)
      await people.remark(number)
      expect(await pulls().reviews(number)).toEqual([{ ...word, state: 'approved' }])
    })

    it('that were dismissed are gone', async (context) => {
      const people = need(current().people, context, 'a second person')
      const { number } = await propose(current())
      await people.requestChanges(number)
      await people.dismiss(number)
      expect(await pulls().reviews(number)).toEqual([])
    })

    it('stay about the head they were given for', async (context) => {
      const people = need(current().people, context, 'a second person')
      const { number, head, branch } = await propose(current())
      await people.approve(number)
      await current().git.commit(branch, { 'apps/web.yaml': 'image: web:3\n' })
      expect(await pulls().reviews(number)).toMatchObject([{ state: 'approved', commit: head }])
    })

    it('by somebody who may only read are marked so', async (context) => {
      const outsider = need(current().outsider, context, 'a person without write access')
      const { number } = await propose(current())
      await outsider.approve(number)
      expect(await pulls().reviews(number)).toMatchObject([{ by: outsider.login, state: 'approved', mayWrite: false }])
    })
  })

  describe('checks', () => {
    const rows: [what: string, checks: Record<string, Exclude<CheckWord, 'neutral'>>, expected: Checks][] = [
      ['are none where nobody checked', {}, { state: 'none', names: [] }],
      ['are pending while one is', { lint: 'green', test: 'pending' }, { state: 'pending', names: ['test'] }],
      ['are green when all are', { lint: 'green', test: 'green' }, { state: 'green', names: [] }],
      ['failed when one did', { lint: 'green', test: 'failed' }, { state: 'failed', names: ['test'] }],
    ]
    it.each(rows)('%s', async (_, checks, expected) => {
      const { head } = await propose(current())
      for (const [name, state] of Object.entries(checks)) await current().hand.check(head, name, state)
      const read = () => pulls().checks(head)
      expect(await until(current(), read, ({ state }) => state === expected.state)).toEqual(expected)
    })

    it('failed although another is pending, and both are named', async () => {
      const { head } = await propose(current())
      await current().hand.check(head, 'lint', 'pending')
      await current().hand.check(head, 'test', 'failed')
      const { state, names } = await until(
        current(),
        () => pulls().checks(head),
        (all) => all.names.length === 2,
      )
      expect([state, [...names].sort()]).toEqual(['failed', ['lint', 'test']])
    })

    it('count as they are now, not as they were', async () => {
      const { head } = await propose(current())
      await current().hand.check(head, 'test', 'failed')
      await current().hand.check(head, 'test', 'green')
      const read = () => pulls().checks(head)
      expect(await until(current(), read, ({ state }) => state === 'green')).toEqual({ state: 'green', names: [] })
    })

    const runs: [what: string, states: CheckWord[], expected: Checks['state']][] = [
      ['a neutral one is green', ['neutral'], 'green'],
      ['one that has not ended is pending', ['green', 'pending'], 'pending'],
      ['one that failed counts', ['failed', 'neutral'], 'failed'],
    ]
    it.for(runs)('of applications count too: %s', async ([, states, expected], context) => {
      const write = need(current().hand.checkRun, context, 'an application that writes checks')
      const { head } = await propose(current())
      for (const [index, state] of states.entries()) await write(head, `run-${index}`, state)
      expect((await pulls().checks(head)).state).toBe(expected)
    })

    it('belong to a commit, not to a proposal', async () => {
      const { head, branch } = await propose(current())
      await current().hand.check(head, 'test', 'green')
      const next = await current().git.commit(branch, { 'apps/web.yaml': 'image: web:3\n' })
      expect(await pulls().checks(next)).toEqual({ state: 'none', names: [] })
    })
  })

  describe('mergeability', () => {
    it('is not known in the moment after a push, and then it is', async (context) => {
      const world = current()
      const { number, branch } = await propose(world)
      expect((await settled(world, number)).mergeability).toBe('ready')
      const head = await world.git.commit(branch, { 'apps/web.yaml': 'image: web:3\n' })
      need(world.isSlowToJudge, context, 'a host that is always slow')
      expect(await reread(world, number)).toMatchObject({ head, mergeability: 'unknown' })
      expect(await reread(world, number)).toMatchObject({ head, mergeability: 'ready' })
    })

    it('is a conflict when both sides changed the same line', async () => {
      const world = current()
      const { number } = await propose(world)
      await world.git.commit(world.base, { 'apps/web.yaml': 'image: web:1.5\n' })
      const pull = await until(
        world,
        () => settled(world, number),
        (one) => one.mergeability === 'conflict',
      )
      expect(pull.mergeability).toBe('conflict')
    })

    it('is blocked while a demand of the base is not met', async (context) => {
      const world = current()
      const admin = need(world.admin, context, 'an administrator')
      await admin.demand({ checks: ['ci'] })
      const { number, head } = await propose(world)
      expect((await settled(world, number)).mergeability).toBe('blocked')
      await world.hand.check(head, 'ci', 'green')
      const pull = await until(
        world,
        () => settled(world, number),
        (one) => one.mergeability === 'ready',
      )
      expect(pull.mergeability).toBe('ready')
    })

    it('is behind when the base must be in it and is not', async (context) => {
      const world = current()
      const admin = need(world.admin, context, 'an administrator')
      const { number, head } = await propose(world)
      await world.hand.check(head, 'ci', 'green')
      await world.git.commit(world.base, { 'README.md': 'more\n' })
      await admin.demand({ upToDate: true, checks: ['ci'] })
      const read = () => settled(world, number)
      expect((await until(world, read, (one) => one.mergeability === 'behind')).mergeability).toBe('behind')
    })
  })

  describe('demands of a base', () => {
    it('are none of a branch without rules', async () => {
      expect(await pulls().demands(current().base)).toMatchObject({ review: false, checks: false, queue: false })
    })

    it('are told as they are', async (context) => {
      const admin = need(current().admin, context, 'an administrator')
      await admin.demand({ review: true, mergesItself: true })
      const { base } = current()
      expect(await pulls().demands(base)).toEqual({ review: true, checks: false, queue: false, mergesItself: true })
      await admin.demand({ checks: ['ci'] })
      expect(await pulls().demands(base)).toMatchObject({ checks: true })
    })
  })
}

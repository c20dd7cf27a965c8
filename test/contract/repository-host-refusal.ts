import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/errors.ts'
import { codeOf } from './git-repository-world.ts'
import { type AdminHand, type FaultHand, type HostWorld, need, propose, settled } from './repository-host-world.ts'

/** What a host that does not do as it is asked is called. */
export function describeRefusals(current: () => HostWorld): void {
  const pulls = () => current().host.pullRequests
  const reading = () => pulls().find(`${current().prefix}web`, current().base)

  describe('a host that fails', () => {
    const reads: [what: string, code: ErrorCode, fail: (faults: FaultHand) => Promise<void>][] = [
      ['a revoked token is HostAuthFailed', 'HostAuthFailed', (faults) => faults.revokeToken()],
      ['an answer that says nothing sensible is HostInvalid', 'HostInvalid', (faults) => faults.garble()],
      ['a server in trouble is HostUnavailable', 'HostUnavailable', (faults) => faults.unavailable()],
    ]
    it.for(reads)('is named: %s', async ([, code, fail], context) => {
      await fail(need(current().faults, context, 'a host that fails on demand'))
      expect(await codeOf(reading())).toBe(code)
    })

    it('is named: a right that is missing is HostForbidden, and reading goes on', async (context) => {
      const faults = need(current().faults, context, 'a host that fails on demand')
      const { number, head } = await propose(current())
      await faults.takeRight()
      const status = { name: 'fairlead/web', state: 'success', text: '' } as const
      expect(await codeOf(current().host.outcomes.status(head, status))).toBe('HostForbidden')
      expect(await pulls().read(number)).toMatchObject({ state: 'open' })
    })

    it('is named: too many requests are HostLimited, with the time to wait', async (context) => {
      await need(current().faults, context, 'a host that fails on demand').limit(120)
      const error: unknown = await reading().catch((reason) => reason)
      expect(error).toMatchObject({ code: 'HostLimited' })
      const { retryAfterMs = 0 } = error as { retryAfterMs?: number }
      expect(retryAfterMs).toBeGreaterThan(100_000)
      expect(retryAfterMs).toBeLessThan(180_000)
    })

    it('may have merged without an answer, and says so when it is read', async (context) => {
      const faults = need(current().faults, context, 'a host that fails on demand')
      const { number, head } = await propose(current())
      await settled(current(), number)
      await faults.loseAnswer('merge')
      const order = { head, method: 'merge', title: 'Update', message: '' } as const
      expect(await codeOf(pulls().merge(number, order))).toBe('HostUnavailable')
      expect(await pulls().read(number)).toMatchObject({ state: 'merged' })
    })

    it('may have opened what it did not answer: nothing is made twice', async (context) => {
      const faults = need(current().faults, context, 'a host that fails on demand')
      await faults.loseAnswer('open')
      expect(await codeOf(propose(current()))).toBe('HostUnavailable')
      expect(await codeOf(propose(current(), { image: 'web:3' }))).toBe('PullRequestExists')
      expect(await reading()).toMatchObject([{ state: 'open' }])
    })
  })

  describe('a repository that changed', () => {
    const rows: [what: string, code: ErrorCode, change: keyof AdminHand & ('archive' | 'rename')][] = [
      ['archived is HostArchived', 'HostArchived', 'archive'],
      ['renamed is HostMoved', 'HostMoved', 'rename'],
    ]
    it.for(rows)('is named: one that was %s', async ([, code, change], context) => {
      const admin = need(current().admin, context, 'an administrator')
      const { number } = await propose(current())
      await need(admin[change], context, 'a repository of its own')()
      expect(await codeOf(pulls().edit(number, { title: 'New' }))).toBe(code)
    })
  })

  describe('looking again', () => {
    it('costs no write, and nothing but the question whether anything changed', async (context) => {
      const world = current()
      const requests = need(world.requests, context, 'a count of requests')
      const { number, head } = await propose(world)
      await settled(world, number)
      const look = async () => {
        await pulls().list(world.prefix)
        await pulls().read(number)
        await pulls().commits(number)
        await pulls().reviews(number)
        await pulls().checks(head)
      }
      await look()
      await look()
      const before = requests()
      await look()
      const after = requests()
      expect(after.writes).toBe(before.writes)
      expect(after.reads - before.reads).toBeGreaterThan(0)
      expect(after.unchanged - before.unchanged).toBe(after.reads - before.reads)
    })
  })
}

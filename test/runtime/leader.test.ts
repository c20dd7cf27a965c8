import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import type { Lease, LeaseLock } from '../../src/ports.ts'
import { createLeader } from '../../src/runtime/leader.ts'
import { createManualClock } from '../fakes/clock.ts'
import { createRecordingLog } from '../fakes/log.ts'

/** A Lease object on a server, seen through as many locks as there are replicas. */
function aLease() {
  let stored: Lease | undefined
  let version = 0
  const lock: LeaseLock & { down: boolean } = {
    down: false,
    async read() {
      if (lock.down) throw new FairleadError('ApiUnavailable', 'down')
      return stored
    },
    async write(lease) {
      if (lock.down) throw new FairleadError('ApiUnavailable', 'down')
      if (lease.resourceVersion !== (stored?.resourceVersion ?? '')) throw new FairleadError('ApiConflict', 'moved')
      stored = { ...lease, resourceVersion: String(++version) }
      return stored
    },
  }
  return { lock, stored: () => stored }
}

function replica(identity: string, lock: LeaseLock, clock = createManualClock()) {
  const stop = new AbortController()
  const addresses = { address: `${identity}:8080`, apiAddress: `${identity}:8081` }
  const leader = createLeader({ lock, identity, ...addresses, clock, log: createRecordingLog() })
  const ended = leader.run(stop.signal)
  return {
    leader,
    clock,
    stop: () => {
      stop.abort()
      return ended
    },
  }
}

describe('leadership', () => {
  test('goes to the first of two, and the other knows who has it', async () => {
    const { lock } = aLease()
    const a = replica('a', lock)
    await a.clock.advance(0)
    const b = replica('b', lock, a.clock)
    await a.clock.advance(0)
    expect([a.leader.isLeader(), b.leader.isLeader()]).toEqual([true, false])
    expect(b.leader.holder()).toEqual({ identity: 'a', address: 'a:8080', apiAddress: 'a:8081' })
    expect(() => b.leader.fence()).toThrow(expect.objectContaining({ code: 'NotLeader' }))
    await Promise.all([a.stop(), b.stop()])
  })

  test('is kept by renewing', async () => {
    const { lock, stored } = aLease()
    const a = replica('a', lock)
    const b = replica('b', lock, a.clock)
    await a.clock.advance(120_000)
    expect([a.leader.isLeader(), b.leader.isLeader()]).toEqual([true, false])
    expect(stored()?.transitions).toBe(0)
    await Promise.all([a.stop(), b.stop()])
  })

  test('is given back on stop and taken over at once', async () => {
    const { lock, stored } = aLease()
    const a = replica('a', lock)
    await a.clock.advance(0)
    const b = replica('b', lock, a.clock)
    await a.clock.advance(2000)
    await a.stop()
    expect(stored()?.holder).toBe('')
    expect(() => a.leader.fence()).toThrow(expect.objectContaining({ code: 'NotLeader' }))
    await b.clock.advance(2000)
    expect(b.leader.isLeader()).toBe(true)
    expect(stored()?.transitions).toBe(1)
    await b.stop()
  })

  test('ends by itself when the lease cannot be renewed, before another takes it', async () => {
    const { lock } = aLease()
    const a = replica('a', lock)
    await a.clock.advance(0)
    lock.down = true
    await a.clock.advance(9_000)
    expect(a.leader.isLeader()).toBe(true)
    await a.clock.advance(1_000)
    expect(a.leader.isLeader()).toBe(false)
    await a.stop()
  })

  test('of a silent holder is taken over after the lease has run out, not before', async () => {
    const { lock } = aLease()
    const a = replica('a', lock)
    await a.clock.advance(0)
    // A process that is paused: its clock stands still and it renews nothing.
    const b = replica('b', lock)
    await b.clock.advance(13_000)
    expect(b.leader.isLeader()).toBe(false)
    await b.clock.advance(4_000)
    expect(b.leader.isLeader()).toBe(true)
    // Resumed, it learns that it has lost before it writes.
    await a.clock.advance(16_000)
    expect(a.leader.isLeader()).toBe(false)
    expect(() => a.leader.fence()).toThrow(expect.objectContaining({ code: 'NotLeader' }))
    await Promise.all([a.stop(), b.stop()])
  })

  test('does not depend on the clocks of others', async () => {
    const { lock } = aLease()
    const a = replica('a', lock, createManualClock('2030-01-01T00:00:00Z'))
    await a.clock.advance(0)
    const b = replica('b', lock, createManualClock('2020-01-01T00:00:00Z'))
    await b.clock.advance(0)
    expect(b.leader.isLeader()).toBe(false)
    await Promise.all([a.stop(), b.stop()])
  })

  test('is told to listeners once per change', async () => {
    const { lock } = aLease()
    const a = replica('a', lock)
    const told: boolean[] = []
    a.leader.onChange((leading) => told.push(leading))
    await a.clock.advance(30_000)
    await a.stop()
    expect(told).toEqual([true, false])
  })
})

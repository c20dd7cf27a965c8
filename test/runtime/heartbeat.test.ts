import { expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import type { Sink } from '../../src/ports-event.ts'
import { runHeartbeat } from '../../src/runtime/heartbeat.ts'
import { createManualClock } from '../fakes/clock.ts'
import { silentLog as log } from '../fakes/silent-log.ts'

test('the leader alone says every five minutes that it lives, also after it was not heard', async () => {
  const clock = createManualClock('2026-03-01T10:00:00Z')
  const beats: string[] = []
  const sinks: Sink[] = [
    { name: 'webhook', send: async () => {} },
    {
      name: 'controlPlane',
      send: async () => {},
      async heartbeat(at) {
        beats.push(at.toISOString().slice(11, 19))
        if (beats.length === 1) throw new FairleadError('SinkUnavailable', 'no')
      },
    },
  ]
  let isLeader = false
  const stop = new AbortController()
  const running = runHeartbeat(sinks, { clock, log, isLeader: () => isLeader, signal: stop.signal })
  await clock.advance(60_000)
  expect(beats).toEqual([])
  isLeader = true
  await clock.advance(11 * 60_000)
  expect(beats).toEqual(['10:01:15', '10:06:15', '10:11:15'])
  stop.abort()
  await running
})

test('nobody is told when no sink wants to know', async () => {
  const clock = createManualClock()
  const sinks: Sink[] = [{ name: 'slack', send: async () => {} }]
  const stop = new AbortController()
  let isOver = false
  const running = runHeartbeat(sinks, { clock, log, isLeader: () => true, signal: stop.signal }).then(() => {
    isOver = true
  })
  await clock.advance(600_000)
  expect([isOver, clock.sleepers]).toEqual([false, 0])
  stop.abort()
  await running
})

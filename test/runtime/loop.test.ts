import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { type Controller, runLoop } from '../../src/runtime/loop.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createQueue } from '../../src/runtime/queue.ts'
import { createManualClock } from '../fakes/clock.ts'
import { createRecordingLog } from '../fakes/log.ts'

function aLoop(overrides: Partial<Controller<string, string, string, string>> = {}) {
  const clock = createManualClock()
  const queue = createQueue({ clock, random: () => 1 })
  const log = createRecordingLog()
  const metrics = createMetrics('test')
  const seen: string[] = []
  const step = (name: string) => async (data: string) => {
    seen.push(name)
    return `${data}>${name}`
  }
  const controller: Controller<string, string, string, string> = {
    name: 'test',
    observe: async (key) => {
      seen.push('observe')
      return key
    },
    decide: (data) => {
      seen.push('decide')
      return `${data}>decide`
    },
    propose: step('propose'),
    verify: step('verify'),
    report: async (data) => {
      seen.push(data)
      return {}
    },
    ...overrides,
  }
  const ended = runLoop(controller, { queue, clock, log, metrics })
  return {
    clock,
    queue,
    log,
    metrics,
    seen,
    stop: () => {
      queue.close()
      return ended
    },
  }
}

describe('a loop', () => {
  test('runs the five verbs in order, each with what the one before made', async () => {
    const loop = aLoop()
    loop.queue.add('key')
    await loop.clock.advance(0)
    expect(loop.seen).toEqual(['observe', 'decide', 'propose', 'verify', 'key>decide>propose>verify'])
    await loop.stop()
  })

  test('stops after observing when there is nothing any more', async () => {
    const loop = aLoop({ observe: async () => undefined })
    loop.queue.add('key')
    await loop.clock.advance(0)
    expect(loop.seen).toEqual([])
    expect(loop.queue.depth).toBe(0)
    await loop.stop()
  })

  test('tells how many keys wait or are worked on, those that hang included', async () => {
    let goOn = () => {}
    const hangs = new Promise<undefined>((resolve) => {
      goOn = () => resolve(undefined)
    })
    const loop = aLoop({ observe: () => hangs })
    loop.metrics.readWorkqueues(() => ({ test: loop.queue }))
    const depth = async () => (await loop.metrics.workqueueDepth.get()).values
    expect(await depth()).toMatchObject([{ labels: { controller: 'test' }, value: 0 }])
    loop.queue.add('stuck')
    loop.queue.add('next')
    await loop.clock.advance(0)
    expect(await depth()).toMatchObject([{ value: 2 }])
    goOn()
    await loop.clock.advance(0)
    expect(await depth()).toMatchObject([{ value: 0 }])
    await loop.stop()
  })

  const failures: [what: string, error: unknown, againAfterMs: number, level: string][] = [
    ['a transient failure is tried again soon', new FairleadError('GitUnavailable', 'x'), 500, 'info'],
    [
      'the wait the other side asked for is kept',
      new FairleadError('ApiUnavailable', 'x', { retryAfterMs: 9000 }),
      9000,
      'info',
    ],
    ['a terminal failure waits for a change', new FairleadError('NotTraced', 'x'), 600_000, 'warn'],
    ['an unforeseen failure is ours, and is tried again', new TypeError('x'), 500, 'error'],
  ]
  test.each(failures)('%s', async (_, error, againAfterMs, level) => {
    let calls = 0
    const loop = aLoop({
      observe: async () => {
        calls++
        throw error
      },
    })
    loop.queue.add('key')
    await loop.clock.advance(againAfterMs - 1)
    expect(calls).toBe(1)
    await loop.clock.advance(1)
    expect(calls).toBe(2)
    expect(loop.log.lines[0]?.level).toBe(level)
    await loop.stop()
  })

  test('counts failures by code, and tells the controller', async () => {
    const told: string[] = []
    const loop = aLoop({
      observe: async () => {
        throw new FairleadError('NotOwned', 'x')
      },
      failed: async (key, error) => void told.push(`${key} ${error.code}`),
    })
    loop.queue.add('key')
    await loop.clock.advance(0)
    await loop.stop()
    expect(told).toEqual(['key NotOwned'])
    const text = await rendered(loop.metrics)
    expect(text).toContain('fairlead_reconcile_errors_total{controller="test",code="NotOwned"} 1')
  })
})

async function rendered(metrics: ReturnType<typeof createMetrics>): Promise<string> {
  let text = ''
  for await (const piece of metrics.render()) text += piece
  return text
}

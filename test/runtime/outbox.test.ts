import { describe, expect, onTestFinished, test } from 'vitest'
import type { PendingEvent, WorkloadRolloutState } from '../../src/api/workload-rollout-state.ts'
import { pendingTransition } from '../../src/core/event/pending.ts'
import { FairleadError } from '../../src/errors.ts'
import type { SinkName } from '../../src/ports-event.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createOutbox } from '../../src/runtime/outbox.ts'
import { createManualClock } from '../fakes/clock.ts'
import { createRecordingLog } from '../fakes/log.ts'
import { createFakeSink } from '../fakes/sink.ts'

const at = '2026-01-01T00:00:00Z'

/** From the beginning, or the first of each would be no increase. */
const nothing = { sent: 0, refused: 0, expired: 0, failed: 0, dropped: 0 }

function anOutbox(...names: SinkName[]) {
  const clock = createManualClock(at)
  const log = createRecordingLog()
  const metrics = createMetrics('test')
  const sinks = names.map(createFakeSink)
  const acknowledged: string[] = []
  const role = { leads: true }
  const outbox = createOutbox({
    sinks,
    clock,
    log,
    metrics,
    random: () => 1,
    isLeader: () => role.leads,
    transition: ({ event, workload }) => pendingTransition(event, workload, { cluster: 'prod', labels: {} }),
    acknowledge: (workload) => acknowledged.push(workload),
  })
  const stop = new AbortController()
  const running = outbox.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  const counted = async (sink: string) => {
    const { values } = await metrics.events.get()
    return Object.fromEntries(
      values.filter(({ labels }) => labels.sink === sink).map((one) => [one.labels.result, one.value]),
    )
  }
  const exposition = async () => {
    let text = ''
    for await (const piece of metrics.render()) text += piece
    return text.split('\n').filter((line) => line.startsWith('fairlead_event_queue'))
  }
  return { clock, log, sinks, outbox, acknowledged, role, counted, exposition }
}

function event(id: string, sinks: SinkName[], more: Partial<PendingEvent> = {}): PendingEvent {
  return { id, phase: 'failed', at, sinks, revision: id, version: id, reason: 'r', message: '', startedAt: at, ...more }
}

function record(name: string, pending: PendingEvent[]): WorkloadRolloutState {
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'WorkloadRolloutState',
    metadata: { namespace: 'prod', name },
    spec: { workloadRef: { kind: 'Deployment', namespace: 'prod', name, uid: `uid-${name}` } },
    status: { pending } as WorkloadRolloutState['status'] & object,
  }
}

const busy = (retryAfterMs?: number) =>
  new FairleadError('HttpFailed', 'busy', retryAfterMs === undefined ? {} : { retryAfterMs })

describe('the outbox', () => {
  test('tells every sink that an event names, once, however often it is offered', async () => {
    const { clock, outbox, sinks, acknowledged, counted } = anOutbox('slack', 'webhook')
    const pending = [event('a', ['slack', 'webhook']), event('b', ['webhook'])]
    outbox.offer(record('web', pending))
    outbox.offer(record('web', pending))
    await clock.advance(1000)
    outbox.offer(record('web', pending))
    await clock.advance(1000)
    expect(sinks.map((sink) => sink.taken.map(({ version }) => version))).toEqual([['a'], ['a', 'b']])
    expect(acknowledged).toEqual(Array(3).fill('Deployment/prod/web'))
    expect([outbox.settled('a', 'slack'), outbox.settled('b', 'webhook'), outbox.settled('b', 'slack')]).toEqual([
      'sent',
      'sent',
      undefined,
    ])
    expect(await counted('webhook')).toEqual({ ...nothing, sent: 2 })
  })

  test.each([
    ['HttpFailed', 'info'],
    ['SinkAuthFailed', 'warn'],
  ] as const)('logs %s, after which it sends again, as %s', async (code, level) => {
    const { clock, log, outbox, sinks } = anOutbox('slack')
    for (const sink of sinks) {
      sink.answer = () => {
        throw new FairleadError(code, 'not now')
      }
    }
    outbox.offer(record('web', [event('a', ['slack'])]))
    await clock.advance(0)
    expect(log.lines).toMatchObject([{ level, fields: { code }, message: 'events will be sent again: not now' }])
  })

  test('sends what failed again, later and later, and nothing before it', async () => {
    const { clock, outbox, sinks, counted } = anOutbox('webhook')
    const [sink] = sinks
    if (sink === undefined) throw new Error('no sink')
    sink.answer = () => {
      throw busy()
    }
    outbox.offer(record('web', [event('a', ['webhook'])]))
    await clock.advance(0)
    outbox.offer(record('web', [event('a', ['webhook']), event('b', ['webhook'])]))
    const calls: number[] = []
    for (const seconds of [1, 2, 4, 8]) {
      calls.push(sink.calls)
      await clock.advance(seconds * 1000)
    }
    expect(calls).toEqual([1, 2, 3, 4])
    sink.answer = () => undefined
    await clock.advance(300_000)
    expect(sink.told()).toEqual(['a failed', 'b failed'])
    expect(await counted('webhook')).toEqual({ ...nothing, failed: 8, sent: 2 })
  })

  test('tells that a workload is gone after all that happened to it, and only whom has a word for it', async () => {
    const { clock, outbox, sinks } = anOutbox('slack', 'webhook')
    const [slack, webhook] = sinks
    const order: string[] = []
    if (webhook?.removed === undefined) throw new Error('no sink')
    const { removed } = webhook
    webhook.answer = (transitions) => void order.push(...transitions.map(({ version }) => version))
    webhook.removed = async (removals) => {
      order.push(...removals.map(({ id }) => id))
      await removed(removals)
    }
    const workload = { kind: 'Deployment', namespace: 'prod', name: 'web', uid: 'uid-web', labels: {} } as const
    outbox.offer(record('web', [event('a', ['slack', 'webhook']), event('b', ['webhook'])]))
    outbox.tellRemoved({ id: 'gone', cluster: 'prod', workload, version: '1.0.0', at })
    outbox.withdraw('prod/web')
    outbox.offer(record('api', [event('c', ['webhook'])]))
    await clock.advance(1000)
    expect(order).toEqual(['a', 'b', 'gone', 'c'])
    expect(slack?.gone).toEqual([])
    expect(webhook.gone.map(({ id }) => id)).toEqual(['gone'])
  })

  test('is not held up by an event that alone fails, and keeps the order of its workload', async () => {
    const { clock, outbox, sinks, exposition } = anOutbox('webhook')
    const [sink] = sinks
    if (sink === undefined) throw new Error('no sink')
    sink.answer = (transitions) => {
      if (transitions.some(({ version }) => version === 'poison')) throw busy()
    }
    outbox.offer(record('web', [event('poison', ['webhook']), event('after', ['webhook'])]))
    const later = '2026-01-01T00:00:30Z'
    for (let n = 0; n < 250; n++) outbox.offer(record(`web-${n}`, [event(`e${n}`, ['webhook'], { at: later })]))
    await clock.advance(20 * 60_000)
    expect(sink.told()).toHaveLength(250)
    expect(sink.taken).toHaveLength(250)
    expect(await exposition()).toContainEqual(expect.stringMatching(/oldest_age_seconds.* 1200$/))
    outbox.offer(record('new', [event('new', ['webhook'], { at: later })]))
    await clock.advance(20 * 60_000)
    expect(sink.told().slice(250)).toEqual(['new failed'])
    await clock.advance(24 * 3_600_000)
    expect(sink.told().slice(250)).toEqual(['new failed'])
    expect(sink.calls).toBeLessThan(400)
  })

  test('sends as many at once as before when a sink is back that was away for long', async () => {
    const { clock, outbox, sinks } = anOutbox('webhook')
    const [sink] = sinks
    if (sink === undefined) throw new Error('no sink')
    sink.answer = () => {
      throw busy()
    }
    for (let n = 0; n < 500; n++) outbox.offer(record(`web-${n}`, [event(`e${n}`, ['webhook'])]))
    await clock.advance(6 * 3_600_000)
    const before = sink.calls
    sink.answer = () => undefined
    await clock.advance(10 * 60_000)
    expect(sink.taken).toHaveLength(500)
    expect(sink.calls - before).toBeLessThan(20)
  })

  test('waits as long as the receiver wants', async () => {
    const { clock, outbox, sinks } = anOutbox('slack')
    const [sink] = sinks
    if (sink === undefined) throw new Error('no sink')
    sink.answer = () => {
      throw busy(120_000)
    }
    outbox.offer(record('web', [event('a', ['slack'])]))
    await clock.advance(119_000)
    expect(sink.calls).toBe(1)
    await clock.advance(2_000)
    expect(sink.calls).toBe(2)
  })

  test('is not held up by a sink that hangs', async () => {
    const { clock, outbox, sinks, exposition } = anOutbox('slack', 'webhook')
    const [slack, webhook] = sinks
    if (slack === undefined || webhook === undefined) throw new Error('no sink')
    slack.answer = () => new Promise(() => undefined)
    for (let number = 0; number < 500; number++) {
      outbox.offer(record(`web-${number}`, [event(`e${number}`, ['slack', 'webhook'])]))
    }
    await clock.advance(60_000)
    expect([slack.calls, webhook.taken.length]).toEqual([1, 500])
    expect(await exposition()).toEqual([
      'fairlead_event_queue_length{sink="slack"} 500',
      'fairlead_event_queue_length{sink="webhook"} 0',
      'fairlead_event_queue_oldest_age_seconds{sink="slack"} 60',
      'fairlead_event_queue_oldest_age_seconds{sink="webhook"} 0',
    ])
  })

  test('gives up only what is refused, and says so', async () => {
    const { clock, outbox, sinks, log, counted } = anOutbox('webhook')
    const [sink] = sinks
    if (sink === undefined) throw new Error('no sink')
    sink.answer = (transitions) => {
      if (transitions.some(({ version }) => version === 'e3')) throw new FairleadError('TooLarge', 'much too large')
    }
    for (let number = 0; number < 6; number++) outbox.offer(record('web' + number, [event(`e${number}`, ['webhook'])]))
    await clock.advance(1000)
    expect(sink.taken.map(({ version }) => version)).toEqual(['e0', 'e1', 'e2', 'e4', 'e5'])
    expect(outbox.settled('e3', 'webhook')).toBe('dropped')
    expect(await counted('webhook')).toEqual({ ...nothing, sent: 5, refused: 1 })
    expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { sink: 'webhook', workload: 'Deployment/prod/web3', id: 'e3', code: 'TooLarge' } },
    ])
  })

  test('gives up what is older than a day', async () => {
    const { clock, outbox, sinks, counted } = anOutbox('webhook')
    clock.jumpWallClock(25 * 3_600_000)
    outbox.offer(record('web', [event('old', ['webhook']), event('new', ['webhook'], { at: '2026-01-01T20:00:00Z' })]))
    await clock.advance(1000)
    expect(sinks[0]?.told()).toEqual(['new failed'])
    expect(outbox.settled('old', 'webhook')).toBe('dropped')
    expect(await counted('webhook')).toEqual({ ...nothing, sent: 1, expired: 1 })
  })

  test('does not send what had no room in its record any more', async () => {
    const { clock, outbox, sinks, counted } = anOutbox('webhook')
    const [sink] = sinks
    if (sink === undefined) throw new Error('no sink')
    sink.answer = () => {
      throw busy()
    }
    outbox.offer(record('web', [event('a', ['webhook']), event('b', ['webhook'])]))
    await clock.advance(100)
    outbox.offer(record('web', [event('b', ['webhook']), event('c', ['webhook'])]))
    sink.answer = () => undefined
    await clock.advance(5_000)
    expect(sink.told()).toEqual(['b failed', 'c failed'])
    expect(await counted('webhook')).toMatchObject({ sent: 2, dropped: 1 })
  })

  test('still sends what waits when the workload is deleted', async () => {
    const { clock, outbox, sinks } = anOutbox('webhook')
    outbox.offer(record('web', [event('a', ['webhook'])]))
    outbox.withdraw('prod/web')
    await clock.advance(1000)
    expect(sinks[0]?.told()).toEqual(['a failed'])
  })

  test('keeps a bounded number of events of deleted workloads for a sink that is away', async () => {
    const { outbox, sinks, counted, exposition } = anOutbox('slack', 'webhook')
    for (const sink of sinks) sink.answer = () => new Promise(() => undefined)
    for (let n = 0; n < 10_500; n++) {
      outbox.offer(record(`web-${n}`, [event(`e${n}`, ['slack'])]))
      outbox.withdraw(`prod/web-${n}`)
    }
    expect(await exposition()).toContain('fairlead_event_queue_length{sink="slack"} 10000')
    expect(await counted('slack')).toEqual({ ...nothing, dropped: 500 })
  })

  test('sends nothing while another replica leads, and what that one left when it leads again', async () => {
    const { clock, outbox, sinks, role } = anOutbox('webhook')
    role.leads = false
    outbox.offer(record('web', [event('a', ['webhook'])]))
    await clock.advance(60_000)
    outbox.clear()
    role.leads = true
    await clock.advance(60_000)
    expect(sinks[0]?.calls).toBe(0)
    outbox.offer(record('web', [event('a', ['webhook'])]))
    await clock.advance(1000)
    expect(sinks[0]?.told()).toEqual(['a failed'])
  })

  test('takes no notice of sinks that there are not', async () => {
    const { clock, outbox, sinks } = anOutbox('webhook')
    outbox.offer(record('web', [event('a', ['slack'])]))
    await clock.advance(1000)
    expect(sinks[0]?.calls).toBe(0)
  })
})

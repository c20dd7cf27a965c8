import { afterEach, describe, expect, test } from 'vitest'
import { rolloutId } from '../../../src/core/event/transition.ts'
import { openSinkWorld, type SinkKind, type SinkWorld, secrets } from '../../contract/sink-world.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { aTransition } from '../../fakes/transition.ts'

const opened: SinkWorld[] = []
afterEach(async () => {
  for (const world of opened.splice(0)) await world.close()
})

async function aChannel(kind: SinkKind = 'slack by bot') {
  const world = await openSinkWorld(kind, createManualClock())
  opened.push(world)
  const { sink, receiver } = world
  /** Method, message that is changed, and words of each call. */
  const calls = () =>
    receiver.requests.map(({ path, json }) => {
      const { ts, text } = json as { ts?: string; text: string }
      return [path.replace('/api/chat.', ''), ts?.replace(/^1700000000\.0*/, '#'), text].filter(Boolean).join(' ')
    })
  return { sink, receiver, calls }
}

const began = aTransition()
const succeeded = aTransition({ phase: 'success', finishedAt: '2026-03-01T10:03:00Z' })
const failure = (name: string) => aTransition({ phase: 'failed', workload: { name, uid: name } })

describe('a bot', () => {
  test('posts one message per rollout and changes it in place', async () => {
    const { sink, receiver, calls } = await aChannel()
    await sink.send([began])
    await sink.send([succeeded])
    expect(calls()).toEqual([
      'postMessage :rocket: Rollout started: shop/web 1.4.2 (production-eu)',
      'update #1 :white_check_mark: Rollout succeeded: shop/web 1.4.2 (production-eu)',
    ])
    const [posted, changed] = receiver.requests
    expect(posted?.headers.authorization).toBe(`Bearer ${secrets.botToken}`)
    expect([posted, changed].map((one) => Reflect.get(Object(one?.json), 'channel'))).toEqual(['deployments', 'C0123'])
  })

  test('changes the message that an earlier life has posted, and goes on with it', async () => {
    const first = await aChannel()
    await first.sink.send([began])
    const toldAt = first.sink.messageOf?.(rolloutId(began))
    expect(toldAt).toEqual({ channel: 'C0123', ts: expect.any(String) })
    const second = await aChannel()
    await second.sink.send([{ ...succeeded, ...(toldAt && { toldAt }) }])
    expect(second.calls()).toEqual(['update #1 :white_check_mark: Rollout succeeded: shop/web 1.4.2 (production-eu)'])
    expect(second.sink.messageOf?.(rolloutId(began))).toEqual(toldAt)
  })

  test('has a message of its own for the next rollout', async () => {
    const { sink, calls } = await aChannel()
    await sink.send([began, succeeded, aTransition({ revision: 'fedcba9876543210' })])
    expect(calls().map((call) => call.split(' ')[0])).toEqual(['postMessage', 'update', 'postMessage'])
  })

  test('doubles nothing of a batch that is sent again after a failure half-way', async () => {
    const { sink, receiver, calls } = await aChannel()
    const batch = [began, aTransition({ workload: { name: 'api', uid: 'api' } })]
    receiver.decide(({ text }) =>
      text.includes('shop/api') ? { status: 429, headers: { 'retry-after': '1' } } : undefined,
    )
    await expect(sink.send(batch)).rejects.toMatchObject({ code: 'SinkUnavailable', retryAfterMs: 1_000 })
    receiver.answerWith(undefined)
    await sink.send(batch)
    expect(calls().filter((call) => call.includes('shop/web'))).toHaveLength(1)
    expect(calls().filter((call) => call.includes('shop/api'))).toHaveLength(2)
  })

  test.each(['message_not_found', 'cant_update_message', 'edit_window_closed'])(
    'posts anew where a message can be changed no longer (%s)',
    async (error) => {
      const { sink, receiver, calls } = await aChannel()
      await sink.send([began])
      receiver.decide(({ path }) =>
        path.endsWith('/chat.update') ? { status: 200, body: JSON.stringify({ ok: false, error }) } : undefined,
      )
      await sink.send([succeeded])
      expect(calls().map((call) => call.split(' ')[0])).toEqual(['postMessage', 'update', 'postMessage'])
    },
  )

  const errors: [error: string, code: string][] = [
    ['invalid_auth', 'SinkAuthFailed'],
    ['token_revoked', 'SinkAuthFailed'],
    ['channel_not_found', 'SinkAuthFailed'],
    ['not_in_channel', 'SinkAuthFailed'],
    ['missing_scope', 'SinkAuthFailed'],
    ['ratelimited', 'SinkUnavailable'],
    ['fatal_error', 'SinkUnavailable'],
    ['invalid_blocks', 'SinkRefused'],
    ['msg_too_long', 'SinkRefused'],
    ['something <new>', 'SinkAuthFailed'],
  ]
  test.each(errors)('answered %s rejects with %s', async (error, code) => {
    const { sink, receiver } = await aChannel()
    receiver.answerWith({ status: 200, body: JSON.stringify({ ok: false, error }) })
    const told = await sink.send([began]).catch((thrown) => thrown)
    expect(told).toMatchObject({ code })
    expect(told.message).not.toContain('<')
  })
})

describe('an incoming webhook', () => {
  test('gets a message for each transition, without what only apps may send', async () => {
    const { sink, receiver, calls } = await aChannel('slack by webhook')
    await sink.send([began, succeeded])
    expect(calls()).toHaveLength(2)
    expect(receiver.requests.map(({ path }) => path)).toEqual([secrets.webhookPath, secrets.webhookPath])
    for (const { json } of receiver.requests) expect(json).not.toHaveProperty('metadata')
  })
})

describe.each(['slack by bot', 'slack by webhook'] as const)('%s', (kind) => {
  test('tells of three failures by themselves, and of four in one message', async () => {
    const { sink, calls } = await aChannel(kind)
    await sink.send(['a', 'b', 'c'].map(failure))
    expect(calls()).toHaveLength(3)
    await sink.send(['d', 'e', 'f', 'g'].map(failure))
    expect(calls()).toHaveLength(4)
    expect(calls()[3]).toContain(':x: 4 rollouts failed')
  })

  test('sends a digest once although the batch is sent again', async () => {
    const { sink, receiver, calls } = await aChannel(kind)
    const batch = [...['a', 'b', 'c', 'd'].map(failure), began]
    receiver.decide(({ text }) => (text.includes('Rollout started') ? { status: 500 } : undefined))
    await expect(sink.send(batch)).rejects.toMatchObject({ code: 'SinkUnavailable' })
    receiver.answerWith(undefined)
    await sink.send(batch)
    expect(calls().filter((call) => call.includes('4 rollouts failed'))).toHaveLength(1)
    expect(calls().filter((call) => call.includes('Rollout failed'))).toEqual([])
  })
})

test('the messages of the rollouts in a digest are changed quietly, in the order of what happened', async () => {
  const { sink, calls } = await aChannel()
  await sink.send([began])
  const webFailed = aTransition({ phase: 'failed' })
  const recovered = aTransition({ phase: 'success', recovered: true })
  await sink.send([webFailed, ...['a', 'b', 'c'].map(failure), recovered])
  expect(
    calls()
      .slice(1)
      .map((call) => call.replace(/:.*/, '')),
  ).toEqual(['postMessage ', 'update #1 ', 'update #1 '])
  expect(calls().at(-1)).toContain('succeeded after it had failed')
})

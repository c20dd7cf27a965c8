import { afterEach, describe, expect, test } from 'vitest'
import { createPubsubSink, type ReadToken } from '../../../src/adapters/pubsub/sink.ts'
import { FairleadError } from '../../../src/errors.ts'
import { systemClock as clock } from '../../../src/runtime/clock.ts'
import { createHttp } from '../../../src/runtime/http.ts'
import { createSinkPost } from '../../../src/runtime/sink-post.ts'
import { startEventReceiver } from '../../fakes/event-receiver.ts'
import { aTransition } from '../../fakes/transition.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function aTopic(readToken: ReadToken = async () => undefined) {
  const receiver = await startEventReceiver()
  const http = createHttp({ clock, hosts: () => ({ insecure: true }) })
  cleanups.push(() => http.close(), receiver.close)
  const settings = { project: 'acme-prod', topic: 'rollouts', endpoint: `${receiver.url}/`, agentVersion: '0.1.0' }
  return { receiver, sink: createPubsubSink(settings, { post: createSinkPost({ http, clock }), readToken }) }
}

interface Message {
  data: string
  attributes: Record<string, string>
  orderingKey: string
}
const messagesOf = (json: unknown) => (json as { messages: Message[] }).messages

const web = aTransition()
const webFailed = aTransition({ phase: 'failed' })
const api = aTransition({ workload: { name: 'api', uid: 'another' } })

describe('a topic', () => {
  test('is published to with attributes, and one ordering key for each request', async () => {
    const { sink, receiver } = await aTopic()
    await sink.send([web, api, webFailed])
    expect(new Set(receiver.requests.map(({ path }) => path))).toEqual(
      new Set(['/v1/projects/acme-prod/topics/rollouts:publish']),
    )
    const published = receiver.requests.map(({ json }) => messagesOf(json))
    const keys = published.map((messages) => messages.map(({ orderingKey }) => orderingKey))
    expect(keys.sort()).toEqual([
      ['production-eu/Deployment/shop/api'],
      ['production-eu/Deployment/shop/web', 'production-eu/Deployment/shop/web'],
    ])
    const messages = published.flat().filter(({ orderingKey }) => orderingKey.endsWith('web'))
    expect(messages.map(({ attributes }) => attributes['deployment_phase'])).toEqual(['PROGRESSING', 'FAILED'])
    const ids = messages.map(({ data }) => JSON.parse(Buffer.from(data, 'base64').toString()).eventId)
    expect(ids).toEqual(messages.map(({ attributes }) => attributes['event_id']))
  })

  test('gets no more than a hundred messages at once', async () => {
    const { sink, receiver } = await aTopic()
    await sink.send(Array.from({ length: 150 }, (_, index) => aTransition({ revision: `${index}` })))
    expect(receiver.requests.map(({ json }) => messagesOf(json).length)).toEqual([100, 50])
  })

  test('is shown the token, and an emulator none', async () => {
    const real = await aTopic(async () => 'ya29.token')
    await real.sink.send([web])
    expect(real.receiver.requests[0]?.headers.authorization).toBe('Bearer ya29.token')
    const emulator = await aTopic()
    await emulator.sink.send([web])
    expect(emulator.receiver.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  test('whose token cannot be had keeps the events', async () => {
    const { sink, receiver } = await aTopic(async () => {
      throw new FairleadError('RegistryAuthFailed', 'the Google token service answers status 400 (invalid_grant)')
    })
    await expect(sink.send([web])).rejects.toMatchObject({ code: 'SinkAuthFailed', kind: 'transient' })
    expect(receiver.requests).toEqual([])
  })

  test('that failed to take a message of a workload takes the next try', async () => {
    const { sink, receiver } = await aTopic()
    receiver.answerWith({ status: 503 })
    await expect(sink.send([web])).rejects.toMatchObject({ code: 'SinkUnavailable' })
    receiver.answerWith(undefined)
    await sink.send([web, webFailed])
    expect(messagesOf(receiver.requests[1]?.json)).toHaveLength(2)
  })

  test.each([{}, { messageIds: 'all' }, { messageIds: [] }, { messageIds: ['1', '2', '3'] }])(
    'that answers %j did not take two messages',
    async (answer) => {
      const { sink, receiver } = await aTopic()
      receiver.answerWith({ status: 200, body: JSON.stringify(answer) })
      await expect(sink.send([web, webFailed])).rejects.toMatchObject({ code: 'SinkUnavailable' })
    },
  )
})

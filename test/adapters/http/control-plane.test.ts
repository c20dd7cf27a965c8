import { describe, expect, test } from 'vitest'
import { openSinkWorld, secrets } from '../../contract/sink-world.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { aTransition } from '../../fakes/transition.ts'

const many = (count: number, message = '') =>
  Array.from({ length: count }, (_, index) =>
    aTransition({ phase: 'failed', message, workload: { name: `web-${index}`, uid: `${index}` } }),
  )

async function aControlPlane() {
  return openSinkWorld('controlPlane', createManualClock())
}

describe('the control plane is told', () => {
  test('one event by itself, with the key', async () => {
    const { sink, receiver, close } = await aControlPlane()
    await sink.send([aTransition()])
    expect(receiver.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /base/ingest/v1/agent/events',
    ])
    expect(receiver.requests[0]?.headers).toMatchObject({
      'x-api-key': secrets.apiKey,
      'content-type': 'application/json',
    })
    expect(receiver.requests[0]?.headers).not.toHaveProperty('content-encoding')
    expect(receiver.requests[0]?.json).toMatchObject({ phase: 'PROGRESSING', workload: { name: 'web' } })
    await close()
  })

  test('several as an array, at most a hundred, in order', async () => {
    const { sink, receiver, close } = await aControlPlane()
    await sink.send(many(201))
    expect(receiver.requests.map(({ path }) => path.replace('/base/ingest/v1/agent', ''))).toEqual([
      '/events/batch',
      '/events/batch',
      '/events',
    ])
    const names = receiver.requests.flatMap(({ json }) => json).map((one) => Reflect.get(Object(one), 'workload').name)
    expect(names).toEqual(many(201).map(({ workload }) => workload.name))
    await close()
  })

  test('what is longer than 10 KiB compressed', async () => {
    const { sink, receiver, close } = await aControlPlane()
    await sink.send(many(2))
    await sink.send(many(40, 'words '.repeat(60)))
    expect(receiver.requests.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, 'gzip'])
    expect(receiver.requests[1]?.json).toHaveLength(40)
    await close()
  })

  test('that we live', async () => {
    const { sink, receiver, close } = await aControlPlane()
    await sink.heartbeat?.(new Date('2026-03-01T10:00:00Z'))
    expect(receiver.requests[0]).toMatchObject({
      path: '/base/ingest/v1/agent/heartbeat',
      headers: { 'x-api-key': secrets.apiKey },
      json: { messageType: 'HEARTBEAT', inventory: { nodeUids: [], podUids: [] } },
    })
    await close()
  })
})

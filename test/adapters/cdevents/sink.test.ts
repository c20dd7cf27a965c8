import { describe, expect, test } from 'vitest'
import { openSinkWorld } from '../../contract/sink-world.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { aTransition } from '../../fakes/transition.ts'

const failed = aTransition({ phase: 'failed' })
const failedTypes = ['dev.cdeventsx.fairlead-rollout.failed.0.1.0', 'dev.cdevents.incident.detected.0.3.0']

describe('a receiver of CDEvents is sent each event by itself', () => {
  test('as a structured CloudEvent', async () => {
    const { sink, receiver, close } = await openSinkWorld('cdevents structured', createManualClock())
    await sink.send([failed])
    expect(receiver.requests.map(({ headers }) => headers['content-type'])).toEqual(
      Array(2).fill('application/cloudevents+json'),
    )
    expect(receiver.requests.map(({ json }) => Reflect.get(Object(json), 'type'))).toEqual(failedTypes)
    await close()
  })

  test('as a binary CloudEvent', async () => {
    const { sink, receiver, close } = await openSinkWorld('cdevents binary', createManualClock())
    await sink.send([failed])
    expect(receiver.requests.map(({ headers }) => headers['content-type'])).toEqual(Array(2).fill('application/json'))
    expect(receiver.requests.map(({ headers }) => headers['ce-type'])).toEqual(failedTypes)
    await close()
  })

  test('also that a workload is gone', async () => {
    const { sink, receiver, close } = await openSinkWorld('cdevents binary', createManualClock())
    const { cluster, workload, version, at } = failed
    await sink.removed?.([{ id: '8f0b6f2e-0b43-5b6e-9a39-0d5c9a3b7c11', cluster, workload, version, at }])
    expect(receiver.requests.map(({ headers }) => headers['ce-type'])).toEqual(['dev.cdevents.service.removed.0.3.0'])
    await close()
  })

  test('and stops with the workload whose event is refused, not with the others', async () => {
    const { sink, receiver, close } = await openSinkWorld('cdevents binary', createManualClock())
    receiver.decide(({ headers }) => (headers['ce-subject'] === 'deployment/shop/web' ? { status: 500 } : undefined))
    const other = aTransition({ phase: 'failed', workload: { name: 'api', uid: 'another' } })
    await expect(sink.send([failed, failed, other])).rejects.toMatchObject({ code: 'SinkUnavailable' })
    const subjects = receiver.requests.map(({ headers }) => `${headers['ce-subject']}`)
    expect(subjects.filter((subject) => subject.startsWith('deployment/')).sort()).toEqual([
      'deployment/shop/api',
      'deployment/shop/web',
    ])
    expect(subjects).toHaveLength(3)
    await close()
  })
})

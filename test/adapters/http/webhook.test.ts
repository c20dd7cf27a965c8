import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { openSinkWorld, secrets } from '../../contract/sink-world.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { aTransition } from '../../fakes/transition.ts'

test('a webhook is sent events in order, signed over the bytes of the body', async () => {
  const { sink, receiver, close } = await openSinkWorld('webhook', createManualClock())
  await sink.send([aTransition(), aTransition({ phase: 'success', message: 'ünï' })])
  expect(receiver.requests).toHaveLength(1)
  const [request] = receiver.requests
  expect(request?.path).toBe('/base/')
  const signature = createHmac('sha256', secrets.signing)
    .update(request?.text ?? '')
    .digest('hex')
  expect(request?.headers['x-signature']).toBe(`sha256=${signature}`)
  expect(request?.json).toMatchObject({
    events: [{ type: 'fairlead.rollout.rolling_out' }, { type: 'fairlead.rollout.success' }],
  })
  await close()
})

test('a webhook is sent what is gone, signed like everything', async () => {
  const { sink, receiver, close } = await openSinkWorld('webhook', createManualClock())
  const { cluster, workload, version, at } = aTransition()
  await sink.removed?.([{ id: 'r1', cluster, workload, version, at }])
  const [request] = receiver.requests
  expect(request?.json).toMatchObject({ events: [{ id: 'r1', type: 'fairlead.workload.removed' }] })
  const signature = createHmac('sha256', secrets.signing)
    .update(request?.text ?? '')
    .digest('hex')
  expect(request?.headers['x-signature']).toBe(`sha256=${signature}`)
  await close()
})

import { describe, expect, test } from 'vitest'
import type { Transition } from '../../src/core/event/transition.ts'
import { FairleadError } from '../../src/errors.ts'
import { sendInLanes } from '../../src/runtime/sink-lane.ts'
import { aTransition } from '../fakes/transition.ts'

const of = (uid: string, revision = '1') => aTransition({ revision, workload: { uid } })

describe('lanes', () => {
  test('hold one workload each, in order', async () => {
    const lanes: string[] = []
    await sendInLanes([of('a', '1'), of('b', '1'), of('a', '2')], async (lane) => {
      lanes.push(lane.map(({ workload, revision }) => workload.uid + revision).join(' '))
    })
    expect(lanes).toEqual(['a1 a2', 'b1'])
  })

  test('run 32 at once, and no more', async () => {
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    let running = 0
    let most = 0
    const all = sendInLanes(
      Array.from({ length: 80 }, (_, index) => of(`${index}`)),
      async () => {
        most = Math.max(most, ++running)
        if (running === 32) open()
        await gate
        running--
      },
    )
    await all
    expect(most).toBe(32)
  })

  const refused = new FairleadError('SinkRefused', 'no')
  const unavailable = new FairleadError('SinkUnavailable', 'later', { retryAfterMs: 5 })
  const fails = (errors: Readonly<Record<string, Error>>) => {
    const sent: string[] = []
    const send = async ([first]: readonly Transition[]) => {
      const error = errors[first?.workload.uid ?? '']
      if (error !== undefined) throw error
      sent.push(first?.workload.uid ?? '')
    }
    return { sent, send }
  }

  test('go on beside one that fails', async () => {
    const { sent, send } = fails({ a: unavailable })
    await expect(sendInLanes([of('a'), of('b'), of('c')], send)).rejects.toBe(unavailable)
    expect(sent).toEqual(['b', 'c'])
  })

  test('are all sent again while one of them may heal', async () => {
    const { send } = fails({ a: refused, b: unavailable })
    await expect(sendInLanes([of('a'), of('b')], send)).rejects.toBe(unavailable)
  })

  test('are refused when nothing but refusals is left', async () => {
    await expect(sendInLanes([of('a'), of('b')], fails({ b: refused }).send)).rejects.toBe(refused)
  })
})

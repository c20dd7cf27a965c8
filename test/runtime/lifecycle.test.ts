import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createLifecycle } from '../../src/runtime/lifecycle.ts'
import { createManualClock } from '../fakes/clock.ts'
import { createRecordingLog } from '../fakes/log.ts'

function aLifecycle() {
  const clock = createManualClock()
  const ended: string[] = []
  const lifecycle = createLifecycle({ clock, log: createRecordingLog(), graceMs: 1000 })
  const untilAborted = (name: string) => (signal: AbortSignal) =>
    new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => {
        ended.push(name)
        resolve()
      }),
    )
  return { clock, lifecycle, ended, untilAborted }
}

describe('a lifecycle', () => {
  test('stops its parts in reverse order, and ends with 0', async () => {
    const { lifecycle, ended, untilAborted } = aLifecycle()
    for (const name of ['lease', 'loops', 'servers']) lifecycle.add(name, untilAborted(name))
    lifecycle.stop('SIGTERM')
    expect(await lifecycle.ended).toBe(0)
    expect(ended).toEqual(['servers', 'loops', 'lease'])
  })

  test('lets any number of a part wait for its end, without a warning of Node', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    const { lifecycle } = aLifecycle()
    lifecycle.add('loops', (signal) => {
      for (let waiting = 0; waiting < 20; waiting++) signal.addEventListener('abort', () => undefined)
      return new Promise(() => undefined)
    })
    expect(warned).not.toHaveBeenCalled()
  })

  test('ends with 1 when a part fails, after stopping the others', async () => {
    const { lifecycle, ended, untilAborted } = aLifecycle()
    lifecycle.add('lease', untilAborted('lease'))
    lifecycle.add('servers', async () => {
      throw new FairleadError('Internal', 'the port is taken')
    })
    expect(await lifecycle.ended).toBe(1)
    expect(ended).toEqual(['lease'])
  })

  test('ends with 1 when a part ends by itself', async () => {
    const { lifecycle } = aLifecycle()
    lifecycle.add('watch', async () => undefined)
    expect(await lifecycle.ended).toBe(1)
  })

  test('abandons what does not end within the grace', async () => {
    const { clock, lifecycle } = aLifecycle()
    lifecycle.add('stuck', () => new Promise(() => undefined))
    lifecycle.stop('SIGTERM')
    await clock.advance(1000)
    expect(await lifecycle.ended).toBe(1)
  })
})

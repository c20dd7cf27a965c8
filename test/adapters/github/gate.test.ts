import { describe, expect, it } from 'vitest'
import type { Ask } from '../../../src/adapters/github/budget.ts'
import { createGate } from '../../../src/adapters/github/gate.ts'
import { createManualClock } from '../../fakes/clock.ts'

const merge: Ask = { lane: 'merge', writes: true, pool: 'core' }
const tell: Ask = { lane: 'read', writes: true, pool: 'core' }
const read: Ask = { lane: 'read', writes: false, pool: 'core' }

function aGate() {
  const clock = createManualClock()
  const gate = createGate({ clock, host: 'api.github.com' })
  const sent: string[] = []
  const send = (name: string, ask: Ask, takesMs = 0) =>
    gate.pass(ask, async () => {
      sent.push(`${name} at ${clock.monotonicMs()}`)
      if (takesMs > 0) await clock.sleep(takesMs)
    })
  return { clock, gate, sent, send }
}

describe('the gate', () => {
  it('lets writes through one by one, a second after the end of the one before, urgent ones first', async () => {
    const { clock, sent, send } = aGate()
    const all = [send('tell', tell, 500), send('tell again', tell), send('merge', merge)]
    await clock.advance(5000)
    await Promise.all(all)
    expect(sent).toEqual(['tell at 0', 'merge at 1500', 'tell again at 2500'])
  })

  it('lets ten reads through at once, and the others as those end', async () => {
    const { clock, sent, send } = aGate()
    const all = Array.from({ length: 12 }, (_, at) => send(`${at}`, read, 300))
    await clock.advance(1000)
    await Promise.all(all)
    expect(sent.filter((one) => one.endsWith('at 0'))).toHaveLength(10)
    expect(sent.slice(10)).toEqual(['10 at 300', '11 at 300'])
  })

  it('refuses those who wait at once when the host asks for silence', async () => {
    const { clock, gate, sent, send } = aGate()
    const first = send('first', merge)
    const second = send('second', merge)
    gate.learn('core', { allowance: undefined, silenceMs: 60_000 })
    await first
    await expect(second).rejects.toMatchObject({ code: 'HostLimited', retryAfterMs: 60_000 })
    await clock.advance(60_000)
    await send('third', merge)
    expect(sent).toEqual(['first at 0', 'third at 60000'])
  })

  it('gives its place back when a call fails', async () => {
    const { send, gate, sent } = aGate()
    const calls = Array.from({ length: 10 }, () => gate.pass(read, () => Promise.reject(new Error('broken'))))
    await Promise.allSettled(calls)
    await send('next', read)
    expect(sent).toEqual(['next at 0'])
  })
})

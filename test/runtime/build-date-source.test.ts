import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createBuildDateSource } from '../../src/runtime/build-date-source.ts'
import { createManualClock } from '../fakes/clock.ts'
import { createFakeRegistry } from '../fakes/registry.ts'

const image = { registry: 'ghcr.io', repository: 'acme/web' }
const day = (number: number) => new Date(Date.UTC(2026, 0, number))

/** A registry with that many tags, `t1` built on the first of January, and so on. */
function aSource(count: number) {
  const clock = createManualClock()
  const registry = createFakeRegistry()
  const tags = Array.from({ length: count }, (_, index) => `t${index + 1}`)
  tags.forEach((tag, index) => {
    registry.push(image, tag, { digest: `sha256:${tag}`, builtAt: day(index + 1) })
  })
  const source = createBuildDateSource(registry, clock)
  const asked = (what: string) => registry.calls.filter((call) => call.startsWith(what)).length
  return { clock, registry, tags, read: (wanted = tags) => source.read(image, wanted), asked }
}

describe('build dates', () => {
  test('of a few tags are all known at once, and not asked for again', async () => {
    const { tags, read, asked } = aSource(3)
    const dates = await read()
    expect(dates).toMatchObject({ missing: 0, retryAfterMs: 0 })
    expect([...dates.builtAt]).toEqual(tags.map((tag, index) => [tag, day(index + 1).getTime()]))
    await read()
    expect(asked('digest')).toBe(3)
    expect(asked('builtAt')).toBe(3)
  })

  test('of many tags come in lots of twenty manifests, five minutes apart, however often they are wanted', async () => {
    const { clock, read, asked } = aSource(50)
    expect(await read()).toMatchObject({ missing: 30, retryAfterMs: 300_000 })
    await read()
    expect(asked('builtAt')).toBe(20)
    await clock.advance(300_000)
    expect(await read()).toMatchObject({ missing: 10 })
    await clock.advance(300_000)
    expect(await read()).toMatchObject({ missing: 0 })
    expect(asked('builtAt')).toBe(50)
  })

  test('are asked for in the order that is given', async () => {
    const { tags, read } = aSource(30)
    const { builtAt } = await read([...tags].reverse())
    expect(builtAt.has('t30')).toBe(true)
    expect(builtAt.has('t1')).toBe(false)
  })

  test('are known at once for a tag that points to a known image, and found out when it moves', async () => {
    const { clock, registry, read, asked } = aSource(2)
    await read()
    registry.push(image, 't1', { digest: 'sha256:t2', builtAt: day(2) })
    await clock.advance(59_000)
    expect((await read()).builtAt.get('t1')).toBe(day(1).getTime())
    await clock.advance(1_000)
    expect((await read()).builtAt.get('t1')).toBe(day(2).getTime())
    expect(asked('builtAt')).toBe(2)
  })

  test('ask for no more than a hundred digests in one look', async () => {
    const { read, asked } = aSource(150)
    expect(await read()).toMatchObject({ missing: 130 })
    expect(asked('digest')).toBe(100)
    await read()
    expect(asked('digest')).toBe(150)
  })

  test('of images that do not say, or went meanwhile, are not missing', async () => {
    const { registry, read } = aSource(1)
    registry.push(image, 'undated', { digest: 'sha256:undated' })
    const { builtAt, missing } = await read(['t1', 'undated', 'gone'])
    expect([...builtAt.keys()]).toEqual(['t1'])
    expect(missing).toBe(0)
  })

  test('reject when the registry does, and keep what is known', async () => {
    const { registry, read } = aSource(1)
    registry.failWith(new FairleadError('RegistryUnavailable', 'down'))
    await expect(read()).rejects.toThrow('down')
    registry.failWith(undefined)
    expect(await read()).toMatchObject({ missing: 0 })
  })
})

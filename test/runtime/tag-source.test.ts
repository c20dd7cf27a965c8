import { describe, expect, it } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createTagSource, imageKey } from '../../src/runtime/tag-source.ts'
import { createFakeRegistry } from '../fakes/registry.ts'

const web = { registry: 'ghcr.io', repository: 'acme/web' }
const digest = `sha256:${'a'.repeat(64)}`

function aSource() {
  const registry = createFakeRegistry()
  const source = createTagSource(registry)
  const names = () => source.get(web)?.tags
  return { registry, source, names, asked: () => registry.calls.length }
}

describe('the tags of an image', () => {
  it('are unknown before they were read', () => {
    expect(aSource().source.get(web)).toBeUndefined()
  })

  it('stay as they were while the registry cannot be read', async () => {
    const { registry, source, names } = aSource()
    registry.push(web, '1.0.0', { digest })
    await source.refresh(web)
    registry.push(web, '1.1.0', { digest })
    registry.failWith(new FairleadError('RegistryInvalid', 'cut off'))
    await source.refresh(web)
    expect(names()).toEqual(['1.0.0'])
    expect(source.failure(web)).toMatchObject({ code: 'RegistryInvalid' })
    registry.failWith(undefined)
    await source.refresh(web)
    expect(names()).toEqual(['1.0.0', '1.1.0'])
    expect(source.failure(web)).toBeUndefined()
  })

  it('are not gone when the registry lists none for a moment', async () => {
    const { registry, source, names } = aSource()
    registry.push(web, '1.0.0', { digest })
    await source.refresh(web)
    registry.remove(web, '1.0.0')
    await source.refresh(web)
    expect(names()).toEqual(['1.0.0'])
    expect(source.failure(web)).toMatchObject({ code: 'RegistryUnavailable', kind: 'transient' })
  })

  it('are not known to be none when the first list is empty', async () => {
    const { registry, source } = aSource()
    registry.push(web, '1.0.0', { digest })
    registry.remove(web, '1.0.0')
    await source.refresh(web)
    expect(source.get(web)).toBeUndefined()
    expect(source.failure(web)?.message).toContain('ghcr.io/acme/web lists no tags at all')
  })

  it('are asked for once more, and only once, after a read that is under way', async () => {
    const { registry, source, names, asked } = aSource()
    registry.push(web, '1.0.0', { digest })
    const first = source.refresh(web)
    registry.push(web, '1.1.0', { digest })
    await Promise.all([first, ...Array.from({ length: 5 }, () => source.refresh(web))])
    expect(asked()).toBe(2)
    expect(names()).toEqual(['1.0.0', '1.1.0'])
  })

  it('are forgotten with the last workload that uses them', async () => {
    const { registry, source, names } = aSource()
    registry.push(web, '1.0.0', { digest })
    await source.refresh(web)
    source.keep(new Set([imageKey(web)]))
    expect(names()).toEqual(['1.0.0'])
    source.keep(new Set())
    expect(source.get(web)).toBeUndefined()
  })
})

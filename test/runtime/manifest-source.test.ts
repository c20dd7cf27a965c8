import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createManifestSource } from '../../src/runtime/manifest-source.ts'
import { createFakeRegistry } from '../fakes/registry.ts'

const image = { registry: 'ghcr.io', repository: 'acme/web' }
const source = { repository: 'https://github.com/acme/web', revision: 'abcdef1' }

describe('what a manifest says', () => {
  test('is asked once, also that it says nothing', async () => {
    const registry = createFakeRegistry()
    registry.push(image, '1.0.0', { digest: 'sha256:1', source })
    registry.push(image, '1.1.0', { digest: 'sha256:2' })
    const manifests = createManifestSource(registry)
    for (let i = 0; i < 3; i++) {
      expect(await manifests.source(image, 'sha256:1')).toEqual(source)
      expect(await manifests.source(image, 'sha256:2')).toBeUndefined()
    }
    expect(registry.calls).toEqual(['source ghcr.io/acme/web sha256:1', 'source ghcr.io/acme/web sha256:2'])
  })

  test('is asked again while the registry does not answer', async () => {
    const registry = createFakeRegistry()
    registry.push(image, '1.0.0', { digest: 'sha256:1', source })
    const manifests = createManifestSource(registry)
    registry.failWith(new FairleadError('RegistryUnavailable', 'down'))
    await expect(manifests.source(image, 'sha256:1')).rejects.toMatchObject({ code: 'RegistryUnavailable' })
    registry.failWith(undefined)
    expect(await manifests.source(image, 'sha256:1')).toEqual(source)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ImageSource, readImageSource, sourceKeys } from '../../src/core/image/image-source.ts'
import type { ImageRepository, Registry } from '../../src/ports.ts'
import { type BuiltWith, buildImage, type OciImage } from '../fakes/oci-image.ts'

/** What an image says about itself, for those who store no content. */
export interface ImageFacts {
  platforms: readonly string[]
  builtAt: Date | undefined
  source: ImageSource | undefined
}

/** A registry that can be filled, whatever stands behind it. */
export interface RegistryWorld {
  registry: Registry
  /** Host to use in image names. */
  host: string
  push(image: ImageRepository, tag: string, content: OciImage, told: ImageFacts): Promise<void>
  /** Undefined where tags cannot be deleted alone. */
  remove?: (image: ImageRepository, tag: string) => Promise<void>
  /** Signs with the key that the registry knows as `release`, as cosign does. */
  sign(image: ImageRepository, digest: string): Promise<void>
  close(): Promise<void>
}

/** What everybody who uses the Registry port may rely on. */
export function describeRegistry(name: string, start: () => Promise<RegistryWorld>): void {
  describe(`Registry port: ${name}`, () => {
    let world: RegistryWorld
    const image = (repository: string): ImageRepository => ({ registry: world.host, repository })
    const push = async (
      target: ImageRepository,
      tag: string,
      { platforms = ['linux/amd64'], ...made }: BuiltWith & { platforms?: string[] } = {},
    ) => {
      const content = buildImage(platforms, { salt: tag, ...made })
      await world.push(target, tag, content, {
        platforms,
        builtAt: made.created === undefined ? undefined : new Date(made.created),
        source: readImageSource([made.annotations, made.labels]),
      })
      return content.manifest.digest
    }
    beforeAll(async () => {
      world = await start()
    })
    afterAll(() => world?.close())

    it('lists every tag, however many', async () => {
      const many = image('team/many')
      const tags = Array.from({ length: 105 }, (_, i) => `1.0.${i}`)
      for (const tag of tags) await push(many, tag, { salt: 'same' })
      const listed = await world.registry.tags(many)
      expect([...listed].sort()).toEqual([...tags].sort())
    })

    it('rejects the tags of a repository that is not there', async () => {
      await expect(world.registry.tags(image('team/nowhere'))).rejects.toMatchObject({ code: 'RegistryNotFound' })
    })

    it('tells the digest behind a tag, and the new one after the tag was moved', async () => {
      const web = image('team/web')
      const first = await push(web, '1.0.0')
      expect(await world.registry.digest(web, '1.0.0')).toBe(first)
      const second = await push(web, '1.0.0', { salt: 'moved' })
      expect(second).not.toBe(first)
      expect(await world.registry.digest(web, '1.0.0')).toBe(second)
    })

    it('tells the digest of the index, not of one of its images', async () => {
      const multi = image('team/multi-digest')
      const digest = await push(multi, '2.0.0', { platforms: ['linux/amd64', 'linux/arm64'] })
      expect(await world.registry.digest(multi, '2.0.0')).toBe(digest)
    })

    it('knows no digest for a tag that is not there, nor in a repository that is not there', async () => {
      const web = image('team/web-missing')
      await push(web, '1.0.0')
      expect(await world.registry.digest(web, '9.9.9')).toBeUndefined()
      expect(await world.registry.digest(image('team/nowhere'), '1.0.0')).toBeUndefined()
    })

    it('forgets a deleted tag', async (context) => {
      if (world.remove === undefined) return context.skip()
      const web = image('team/web-deleted')
      await push(web, '1.0.0')
      await push(web, '1.0.1')
      await world.remove(web, '1.0.1')
      expect(await world.registry.digest(web, '1.0.1')).toBeUndefined()
      expect(await world.registry.tags(web)).toEqual(['1.0.0'])
    })

    it('tells the platform of a single image, by tag and by digest', async () => {
      const arm = image('team/arm')
      const digest = await push(arm, '1.0.0', { platforms: ['linux/arm64/v8'] })
      expect(await world.registry.platforms(arm, '1.0.0')).toEqual(['linux/arm64/v8'])
      expect(await world.registry.platforms(arm, digest)).toEqual(['linux/arm64/v8'])
    })

    it('tells all platforms of an index, without attestations', async () => {
      const multi = image('team/multi')
      await push(multi, '1.0.0', { platforms: ['linux/amd64', 'linux/arm/v7', 'windows/amd64'] })
      expect(await world.registry.platforms(multi, '1.0.0')).toEqual(['linux/amd64', 'linux/arm/v7', 'windows/amd64'])
    })

    it('tells whether an image is signed, from when it is, and by which key', async () => {
      const signed = image('team/signed')
      const digest = await push(signed, '1.0.0', { platforms: ['linux/amd64', 'linux/arm64'] })
      expect(await world.registry.signed(signed, digest, 'release')).toBe(false)
      await world.sign(signed, digest)
      expect(await world.registry.signed(signed, digest, 'release')).toBe(true)
      expect(await world.registry.signed(signed, digest, 'another')).toBe(false)
    })

    it('counts no signature of another image, nor of the same content elsewhere', async () => {
      const [one, two] = [image('team/signed-one'), image('team/signed-two')]
      const digest = await push(one, '1.0.0')
      const later = await push(one, '1.0.1')
      await world.sign(one, digest)
      await push(two, '1.0.0')
      expect(await world.registry.signed(one, later, 'release')).toBe(false)
      expect(await world.registry.signed(two, digest, 'release')).toBe(false)
    })

    it('tells when an image was built, be it single or in an index', async () => {
      const dated = image('team/dated')
      const created = '2026-03-01T12:34:56.789Z'
      const single = await push(dated, '1.0.0', { created })
      const index = await push(dated, '1.1.0', { created, platforms: ['linux/amd64', 'linux/arm64'] })
      expect(await world.registry.builtAt(dated, single)).toEqual(new Date(created))
      expect(await world.registry.builtAt(dated, index)).toEqual(new Date(created))
    })

    it('knows no date of an image that does not say, and rejects that of one that is not there', async () => {
      const undated = image('team/undated')
      expect(await world.registry.builtAt(undated, await push(undated, '1.0.0'))).toBeUndefined()
      const answer = world.registry.builtAt(undated, `sha256:${'0'.repeat(64)}`)
      await expect(answer).rejects.toMatchObject({ code: 'RegistryNotFound' })
    })

    const repository = 'https://github.com/acme/web'
    const revision = '0123456789abcdef0123456789abcdef01234567'
    const told = { [sourceKeys.repository]: repository, [sourceKeys.revision]: revision }
    const sources: [what: string, made: BuiltWith & { platforms?: string[] }][] = [
      ['labels', { labels: { ...told, maintainer: 'me' } }],
      ['annotations', { annotations: told }],
      ['labels of the first image in an index', { labels: told, platforms: ['linux/amd64', 'linux/arm64'] }],
      ['annotations of the first image in an index', { annotations: told, platforms: ['linux/amd64', 'linux/arm64'] }],
      [
        'annotations, whatever the labels of its base say',
        { annotations: told, labels: { ...told, [sourceKeys.repository]: 'https://github.com/acme/base' } },
      ],
    ]
    it.each(sources)('tells what an image was built from, by %s', async (what, made) => {
      const sourced = image('team/sourced')
      const digest = await push(sourced, `1.0.${sources.findIndex(([one]) => one === what)}`, made)
      expect(await world.registry.source(sourced, digest)).toEqual({ repository, revision })
    })

    it('knows no source of an image that does not say, and rejects that of one that is not there', async () => {
      const silent = image('team/silent')
      expect(await world.registry.source(silent, await push(silent, '1.0.0'))).toBeUndefined()
      const answer = world.registry.source(silent, `sha256:${'0'.repeat(64)}`)
      await expect(answer).rejects.toMatchObject({ code: 'RegistryNotFound' })
    })

    it('rejects the platforms of what is not there', async () => {
      await push(image('team/web'), '1.0.0')
      const answer = world.registry.platforms(image('team/web'), '9.9.9')
      await expect(answer).rejects.toMatchObject({ code: 'RegistryNotFound' })
    })
  })
}

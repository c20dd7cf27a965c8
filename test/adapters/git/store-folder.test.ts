import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { explainFolder } from '../../../src/adapters/git/store-folder.ts'
import { plan, useGitWorld } from '../../contract/git-repository-world.ts'
import { hasGit } from '../../fakes/git-http-server.ts'

for (const backend of ['native', 'isomorphic'] as const) {
  describe.skipIf(!hasGit())(`the store of the ${backend} backend`, { timeout: 30_000 }, () => {
    const world = useGitWorld(backend)

    async function opened(name: string) {
      const served = world.serve()
      const cacheDir = join(world.folder, name)
      const repository = await world.open(served.url, { cacheDir })
      const snapshot = await repository.snapshot('main', { fresh: false })
      const folder = join(cacheDir, 'git')
      const store = join(folder, readdirSync(folder).find((one) => one.endsWith(`.${backend}`)) ?? 'none')
      return { served, repository, snapshot, folder, store }
    }

    const damages: [string, (at: { folder: string; store: string }) => void][] = [
      ['all its folders were deleted', ({ folder }) => clean(folder)],
      ['its folder with everything above was deleted', ({ folder }) => rmSync(folder, { recursive: true })],
      ['HEAD was overwritten', ({ store }) => writeFileSync(join(store, 'HEAD'), '\0garbage')],
      ['the settings were deleted', ({ store }) => rmSync(join(store, 'config'))],
      ['the objects were deleted', ({ store }) => rmSync(join(store, 'objects'), { recursive: true })],
    ]
    for (const [what, damage] of damages) {
      test(`is built again when ${what}, for reading and then for pushing`, async () => {
        const { served, repository, ...at } = await opened(`read ${what}`)
        damage(at)
        const head = served.commit({ files: { 'apps/web/deployment.yaml': 'image: web:2\n' } })
        const snapshot = await repository.snapshot('main', { fresh: true })
        expect(snapshot.revision).toBe(head)
        expect(snapshot.text('apps/web/deployment.yaml')).toBe('image: web:2\n')
        const change = plan(snapshot, { 'apps/web/deployment.yaml': 'image: web:3\n' })
        await world.pushPlan(repository, head, change)
        expect(served.git(['rev-parse', 'main'])).toBe(change.commit)
      })
    }

    test('is not built again a second time within a minute', async () => {
      const { served, repository, folder } = await opened('twice')
      for (const turn of ['first', 'second']) {
        clean(folder)
        served.commit({ files: { 'apps/web/deployment.yaml': `image: web:${turn}\n` } })
        const read = repository.snapshot('main', { fresh: true })
        if (turn === 'first') await read
        else await expect(read).rejects.toMatchObject({ code: 'GitUnavailable' })
      }
    })

    test('that was deleted between plan and push asks for a new plan, which succeeds', async () => {
      const { served, repository, snapshot, folder } = await opened('plan')
      clean(folder)
      const change = plan(snapshot, { 'apps/web/deployment.yaml': 'image: web:2\n' })
      await expect(world.pushPlan(repository, snapshot.revision, change)).rejects.toMatchObject({
        code: 'PushRejected',
      })
      const fresh = await repository.snapshot('main', { fresh: true })
      const again = plan(fresh, { 'apps/web/deployment.yaml': 'image: web:2\n' })
      await world.pushPlan(repository, fresh.revision, again)
      expect(served.git(['rev-parse', 'main'])).toBe(again.commit)
    })

    test('is mended at the start when HEAD was overwritten while nobody looked', async () => {
      const { served, folder, store } = await opened('restart')
      writeFileSync(join(store, 'HEAD'), 'garbage')
      const repository = await world.open(served.url, { cacheDir: join(folder, '..') })
      const head = served.commit({ files: { 'b.yaml': 'b: 1\n' } })
      expect((await repository.snapshot('main', { fresh: true })).revision).toBe(head)
    })

    test('refuses a cacheDir below a file', async () => {
      const file = join(world.folder, 'a-file')
      writeFileSync(file, '')
      await expect(world.open('http://127.0.0.1:1/a.git', { cacheDir: join(file, 'x') })).rejects.toMatchObject({
        code: 'ConfigInvalid',
        message: expect.stringMatching(/^cacheDir cannot be used: .*a-file.* gives ENOTDIR/),
      })
    })

    test.skipIf(process.getuid?.() === 0)('refuses a cacheDir that may not be written', async () => {
      const { folder, served } = await opened('locked')
      chmodSync(folder, 0o500)
      await expect(world.open(served.url, { cacheDir: join(folder, '..') })).rejects.toMatchObject({
        code: 'ConfigInvalid',
        message: expect.stringContaining('cacheDir cannot be used'),
      })
      chmodSync(folder, 0o700)
    })
  })
}

test.each([
  ['EACCES', 'ConfigInvalid'],
  ['EROFS', 'ConfigInvalid'],
  ['ENOTDIR', 'ConfigInvalid'],
  ['ENOSPC', 'GitUnavailable'],
  ['EMFILE', 'EMFILE'],
])('%s of the cache folder means %s', (code, meaning) => {
  expect(explainFolder(Object.assign(new Error(code), { code }), '/cache/git')).toMatchObject({ code: meaning })
})

function clean(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
}

import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createRunner } from '../../../src/adapters/git/native/runner.ts'
import { FairleadError } from '../../../src/errors.ts'
import { plan, useGitWorld } from '../../contract/git-repository-world.ts'
import { hasGit } from '../../fakes/git-http-server.ts'

function mirrorIn(cacheDir: string): string {
  const folder = join(cacheDir, 'git')
  const name = readdirSync(folder).find((one) => one.endsWith('.native'))
  return join(folder, name ?? 'none')
}

describe.skipIf(!hasGit())('the native backend', { timeout: 30_000 }, () => {
  const world = useGitWorld('native')
  const cache = (name: string): string => join(world.folder, name)

  async function opened(name: string) {
    const served = world.serve()
    const repository = await world.open(served.url, { cacheDir: cache(name) })
    const snapshot = await repository.snapshot('main', { fresh: false })
    return { served, repository, snapshot, mirror: mirrorIn(cache(name)) }
  }

  test('builds a mirror with damaged packs again', async () => {
    const { served, repository, mirror } = await opened('packs')
    for (const pack of readdirSync(join(mirror, 'objects/pack'))) {
      const file = join(mirror, 'objects/pack', pack)
      rmSync(file)
      writeFileSync(file, 'garbage')
      truncateSync(file, 3)
    }
    const head = served.commit({ files: { 'apps/web/deployment.yaml': 'image: web:2\n' } })
    const snapshot = await repository.snapshot('main', { fresh: true })
    expect(snapshot.revision).toBe(head)
    expect(snapshot.text('apps/web/deployment.yaml')).toBe('image: web:2\n')
  })

  test('gets over a lock that a killed process left', async () => {
    const { served, repository, mirror } = await opened('lock')
    writeFileSync(join(mirror, 'refs/remotes/origin/main.lock'), '')
    const head = served.commit({ files: { 'b.yaml': 'b: 1\n' } })
    expect((await repository.snapshot('main', { fresh: true })).revision).toBe(head)
  })

  test('asks for a new plan when the mirror is damaged at the push', async () => {
    const { served, repository, snapshot, mirror } = await opened('push')
    const change = plan(snapshot, { 'apps/web/deployment.yaml': 'image: web:2\n' })
    await repository.store(change.objects)
    rmSync(join(mirror, 'HEAD'))
    await expect(repository.push('main', snapshot.revision, change.commit)).rejects.toMatchObject({
      code: 'PushRejected',
    })
    const fresh = await repository.snapshot('main', { fresh: true })
    const again = plan(fresh, { 'apps/web/deployment.yaml': 'image: web:2\n' })
    await repository.store(again.objects)
    await repository.push('main', fresh.revision, again.commit)
    expect(served.git(['rev-parse', 'main'])).toBe(again.commit)
  })

  test('keeps logins off the disk and its settings to itself', async () => {
    const served = world.serve()
    const tokenFile = join(world.folder, 'token')
    writeFileSync(tokenFile, 'very-secret-token')
    world.server.login = { user: 'x-access-token', password: 'very-secret-token' }
    const repository = await world.open(served.url, { cacheDir: cache('login'), credentials: { tokenFile } })
    await repository.snapshot('main', { fresh: false })
    const mirror = mirrorIn(cache('login'))
    const config = readFileSync(join(mirror, 'config'), 'utf8')
    expect(config).not.toContain('secret')
    expect(config).toContain('followRedirects = false')
    expect(config).toContain('hooksPath = /dev/null')
    expect(statSync(join(mirror, 'config')).mode & 0o077).toBe(0)
  })

  test('brings no file that is neither YAML nor JSON', async () => {
    const served = world.serve({ 'a.yaml': 'a: 1\n', 'movie.bin': 'x'.repeat(100_000) })
    await (await world.open(served.url, { cacheDir: cache('blobless') })).snapshot('main', { fresh: false })
    const mirror = mirrorIn(cache('blobless'))
    const blob = served.git(['rev-parse', 'main:movie.bin'])
    const missing = served.git(['-C', mirror, '--git-dir', mirror, 'rev-list', '--objects', '--missing=print', '--all'])
    expect(missing).toContain(`?${blob}`)
    expect(missing).not.toContain(`?${served.git(['rev-parse', 'main:a.yaml'])}`)
  })

  test('runs git with a fixed environment only, and interrupts it in time', async () => {
    const { mirror } = await opened('runner')
    const run = createRunner({ gitDir: mirror, protocol: 'http', origin: 'http://127.0.0.1:1/' })
    const { stdout } = await run({ args: ['config', '--list', '--show-origin'], timeoutMs: 10_000 })
    const origins = new Set(
      stdout
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t')[0]),
    )
    expect([...origins]).toEqual(['file:config'])
    world.server.fault = () => ({ kind: 'hang' })
    const call = run({ args: ['ls-remote', '--end-of-options', 'origin', 'refs/heads/main'], timeoutMs: 200 })
    const error: unknown = await call.catch((reason) => reason)
    expect(error).toBeInstanceOf(FairleadError)
    expect(error).toMatchObject({ code: 'GitUnavailable', message: 'git ls-remote took over 200 ms' })
  })
})

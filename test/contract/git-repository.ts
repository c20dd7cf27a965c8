import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readSigner } from '../../src/adapters/git/ssh-signer.ts'
import { signCommit } from '../../src/core/change/signature.ts'
import { overlay, renderChange } from '../../src/core/change/tree.ts'
import type { Signer } from '../../src/ports.ts'
import { codeOf, plan, useGitWorld, who } from './git-repository-world.ts'

const latin1 = Buffer.from('name: caf\xe9\n', 'latin1')

/** Snapshots, pushes and signatures as the `GitRepository` port promises them, over smart HTTP. */
export function describeGitRepository(backend: 'native' | 'isomorphic'): void {
  describe(`GitRepository, ${backend}`, { timeout: 30_000 }, () => {
    const world = useGitWorld(backend)
    const { serve, open, openSnapshot, pushPlan } = world

    test('says which backend it is and shows no login', async () => {
      const repository = await open('http://127.0.0.1:1/a/b.git')
      expect(repository.backend).toBe(backend)
      expect(repository.url).toBe('http://127.0.0.1:1/a/b.git')
    })

    describe('a snapshot', () => {
      test('holds every path in byte order, texts of YAML and JSON only, and modes', async () => {
        const served = serve()
        const head = served.commit({
          files: {
            'a/crlf.yaml': 'a: 1\r\nb: 2\r\n',
            'a/bom.yml': '\ufeffa: 1\n',
            'a/latin1.yaml': latin1,
            'a-b.yaml': 'x: 1\n',
            'a/link.yaml': { mode: '120000', content: '/etc/passwd' },
            'a/run.json': { mode: '100755', content: '{}\n' },
            'a/with space/ünïcödé ☃.yaml': 'a: ☃\n',
            'a/large.yaml': `# ${'x'.repeat(1024 * 1024)}\n`,
            'a/script.sh': 'true\n',
            vendor: { mode: '160000', content: '1'.repeat(40) },
          },
        })
        const [, snapshot] = await openSnapshot(served)
        expect(snapshot.revision).toBe(head)
        expect(snapshot.branch).toBe('main')
        const bytewise = [...snapshot.paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        expect(snapshot.paths).toEqual(bytewise)
        const listed = served.git(['-c', 'core.quotepath=false', 'ls-tree', '-r', '-z', '--name-only', 'main'])
        expect(snapshot.paths).toEqual(listed.split('\0').filter(Boolean))
        expect(snapshot.text('a/crlf.yaml')).toBe('a: 1\r\nb: 2\r\n')
        expect(snapshot.text('a/bom.yml')).toBe('\ufeffa: 1\n')
        expect(snapshot.text('a/run.json')).toBe('{}\n')
        expect(snapshot.text('a/with space/ünïcödé ☃.yaml')).toBe('a: ☃\n')
        for (const path of [
          'a/latin1.yaml',
          'a/link.yaml',
          'a/large.yaml',
          'a/script.sh',
          'vendor',
          'a',
          'none.yaml',
        ]) {
          expect(snapshot.text(path), path).toBeUndefined()
        }
        expect(
          ['a/link.yaml', 'a/run.json', 'vendor', 'a-b.yaml', 'a', 'no'].map((path) => snapshot.mode(path)),
        ).toEqual(['120000', '100755', '160000', '100644', undefined, undefined])
        expect(snapshot.tree('none')).toBeUndefined()
        expect(snapshot.tree('a-b.yaml')).toBeUndefined()
        expect(snapshot.tree('a/with space')?.length).toBeGreaterThan(0)
      })

      test('of a known head asks nobody, and a fresh one sees what others pushed', async () => {
        const served = serve()
        const [repository, first] = await openSnapshot(served)
        const head = served.commit({ files: { 'apps/web/deployment.yaml': 'image: web:2\n' } })
        const asked = world.server.requests.length
        expect((await repository.snapshot('main', { fresh: false })).revision).toBe(first.revision)
        expect(world.server.requests.length).toBe(asked)
        const fresh = await repository.snapshot('main', { fresh: true })
        expect(fresh.revision).toBe(head)
        expect(fresh.text('apps/web/deployment.yaml')).toBe('image: web:2\n')
        expect(first.text('apps/web/deployment.yaml')).toBe('image: web:1\n')
      })

      test('knows which files differ from one before, as long as only contents do', async () => {
        const served = serve({ 'a/b/web.yaml': 'v: 1\n', 'a/api.yaml': 'v: 1\n', 'README.md': 'one\n' })
        const repository = await open(served.url)
        const next = async (files: Parameters<typeof served.commit>[0]['files']) => {
          served.commit({ files })
          return repository.snapshot('main', { fresh: true })
        }
        const first = await repository.snapshot('main', { fresh: false })
        const second = await next({ 'a/b/web.yaml': 'v: 2\n', 'README.md': 'two\n' })
        const third = await next({ 'a/b/web.yaml': 'v: 1\n' })
        const added = await next({ 'a/new.yaml': 'v: 1\n' })
        const executable = await next({ 'a/new.yaml': { mode: '100755', content: 'v: 1\n' } })
        expect(second.lineage).toBe(first.lineage)
        expect(second.changesSince?.(first)).toEqual(new Set(['README.md', 'a/b/web.yaml']))
        expect(first.changesSince?.(third)).toEqual(new Set(['README.md']))
        expect(added.changesSince?.(third)).toBeUndefined()
        expect(executable.changesSince?.(added)).toBeUndefined()
        expect(first.changesSince?.({ ...first })).toBeUndefined()
      })

      test('follows a branch that was rewritten', async () => {
        const served = serve()
        const [repository] = await openSnapshot(served)
        const head = served.commit({ orphan: true, files: { 'new.yaml': 'a: 1\n' } })
        const snapshot = await repository.snapshot('main', { fresh: true })
        expect(snapshot.revision).toBe(head)
        expect(snapshot.paths).toEqual(['new.yaml'])
      })

      test('survives a restart of the process on the same cache', async () => {
        const served = serve()
        const cacheDir = join(world.folder, 'restart')
        const before = await open(served.url, { cacheDir })
        await before.snapshot('main', { fresh: false })
        const head = served.commit({ files: { 'b.yaml': 'b: 1\n' } })
        const after = await open(served.url, { cacheDir })
        const snapshot = await after.snapshot('main', { fresh: false })
        expect(snapshot.revision).toBe(head)
        expect(snapshot.text('b.yaml')).toBe('b: 1\n')
      })

      test('works against a server that cannot leave out blobs', async () => {
        const served = serve()
        served.git(['config', 'uploadpack.allowFilter', 'false'])
        const [repository, snapshot] = await openSnapshot(served)
        expect(snapshot.text('apps/web/deployment.yaml')).toBe('image: web:1\n')
        served.commit({ files: { 'apps/web/deployment.yaml': 'image: web:2\n' } })
        const next = await repository.snapshot('main', { fresh: true })
        expect(next.text('apps/web/deployment.yaml')).toBe('image: web:2\n')
      })
    })

    describe('a push', () => {
      test('puts exactly the rendered commit on the branch, and the next snapshot needs no request', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const change = plan(snapshot, { 'apps/web/deployment.yaml': 'image: web:1.4.2\n' })
        await pushPlan(repository, snapshot.revision, change)
        expect(served.git(['rev-parse', 'main'])).toBe(change.commit)
        expect(served.git(['show', 'main:apps/web/deployment.yaml'])).toBe('image: web:1.4.2')
        expect(served.git(['diff', '--name-status', 'main^', 'main'])).toBe('M\tapps/web/deployment.yaml')
        expect(served.git(['fsck', '--full', '--strict'])).toBe('')
        const asked = world.server.requests.length
        const next = await repository.snapshot('main', { fresh: false })
        expect(next.revision).toBe(change.commit)
        expect(next.text('apps/web/deployment.yaml')).toBe('image: web:1.4.2\n')
        expect(world.server.requests.length).toBe(asked)
        expect(await repository.remoteHead('main')).toBe(change.commit)
      })

      test('makes the commit that git itself makes, unsigned', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const change = plan(snapshot, { 'README.md': 'new\n' }, { message: 'Subject\n\nBody\n' })
        await pushPlan(repository, snapshot.revision, change)
        const text = served.git(['cat-file', 'commit', 'main'])
        expect(served.git(['hash-object', '-t', 'commit', '--stdin'], `${text}\n`)).toBe(change.commit)
      })

      test('may change no file: its message is all there is, and the history tells it', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const empty = plan(snapshot, {}, { message: 'Release\n\nFairlead-Action: release' })
        await pushPlan(repository, snapshot.revision, empty)
        expect(served.git(['rev-parse', 'main', 'main^{tree}'])).toBe(
          `${empty.commit}\n${served.git(['rev-parse', `${snapshot.revision}^{tree}`])}`,
        )
        const fresh = await repository.snapshot('main', { fresh: true })
        expect(await repository.log(snapshot.revision, fresh.revision)).toMatchObject([
          { id: empty.commit, message: expect.stringContaining('Fairlead-Action: release') },
        ])
        expect(served.git(['fsck', '--full', '--strict'])).toBe('')
      })

      test('sends several commits at once', async () => {
        const served = serve({ 'a/a.yaml': 'v: 1\n', 'a/b.yaml': 'v: 1\n', 'c.yaml': 'v: 1\n' })
        const [repository, snapshot] = await openSnapshot(served)
        const edits = new Map([['a/a.yaml', 'v: 2\n']])
        const rendered = renderChange(snapshot, edits)
        const first = plan(snapshot, { 'a/a.yaml': 'v: 2\n' })
        const between = { ...overlay(snapshot, { rendered, edits, revision: first.commit }), branch: 'main' }
        const second = plan(between, { 'a/b.yaml': 'v: 2\n', 'c.yaml': 'v: 2\n' }, { message: 'second' })
        await repository.store(first.objects)
        await pushPlan(repository, snapshot.revision, second)
        expect(served.git(['log', '--format=%s', 'main']).split('\n')).toEqual([
          'second',
          'Update web to 1.4.2',
          'start',
        ])
        expect(served.git(['show', 'main:a/a.yaml'])).toBe('v: 2')
        expect(served.git(['fsck', '--full', '--strict'])).toBe('')
      })

      test('keeps entries that Git would rewrite', async () => {
        const served = serve()
        const blob = served.git(['hash-object', '-w', '--stdin'], 'v: 1\n')
        const odd = Buffer.concat([
          ...[
            ['100664', 'a.yaml'],
            ['100644', 'b.yaml'],
            ['100644', 'caf\xe9.yaml'],
          ].flatMap(([mode, name]) => [Buffer.from(`${mode} ${name}\0`, 'latin1'), Buffer.from(blob, 'hex')]),
        ])
        const tree = served.git(['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], odd)
        const commit = served.git(['-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit-tree', tree, '-m', 'odd'])
        served.git(['update-ref', 'refs/heads/main', commit])
        const [repository, snapshot] = await openSnapshot(served)
        expect(snapshot.paths).toEqual(['a.yaml', 'b.yaml'])
        await pushPlan(repository, snapshot.revision, plan(snapshot, { 'b.yaml': 'v: 2\n' }))
        const changed = served.git(['hash-object', '--stdin'], 'v: 2\n')
        const written = served.git(['cat-file', 'tree', 'main^{tree}'])
        expect(written).toContain('100664 a.yaml')
        expect(served.git(['rev-parse', 'main:b.yaml'])).toBe(changed)
      })

      test('that came too late is rejected, and goes through after a new plan', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const theirs = served.commit({ files: { 'other.yaml': 'a: 1\n' } })
        const late = plan(snapshot, { 'README.md': 'ours\n' })
        expect(await codeOf(pushPlan(repository, snapshot.revision, late))).toBe('PushRejected')
        expect(served.git(['rev-parse', 'main'])).toBe(theirs)
        const fresh = await repository.snapshot('main', { fresh: true })
        expect(fresh.revision).toBe(theirs)
        await pushPlan(repository, fresh.revision, plan(fresh, { 'README.md': 'ours\n' }))
        expect(served.git(['log', '--format=%s', 'main']).split('\n')).toHaveLength(3)
      })

      test('never brings back commits that somebody took off the branch', async () => {
        const served = serve()
        served.commit({ files: { 'bad.yaml': 'a: 1\n' } })
        const [repository, snapshot] = await openSnapshot(served)
        const before = served.git(['rev-parse', 'main^'])
        served.git(['update-ref', 'refs/heads/main', before])
        const change = plan(snapshot, { 'README.md': 'ours\n' })
        expect(await codeOf(pushPlan(repository, snapshot.revision, change))).toBe('PushRejected')
        expect(served.git(['rev-parse', 'main'])).toBe(before)
      })

      test('of what does not descend from the base is not tried', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const foreign = plan(snapshot, { 'README.md': 'x\n' }, { parents: [] })
        expect(await codeOf(pushPlan(repository, snapshot.revision, foreign))).toBe('PushRejected')
        expect(served.git(['rev-parse', 'main'])).toBe(snapshot.revision)
      })

      test('may start a branch that does not exist, and only then', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const change = plan(snapshot, { 'README.md': 'proposal\n' })
        await repository.store(change.objects)
        await repository.push('fairlead/prod-web', '', change.commit)
        expect(served.git(['rev-parse', 'fairlead/prod-web'])).toBe(change.commit)
        const other = plan(snapshot, { 'README.md': 'other\n' })
        await repository.store(other.objects)
        expect(await codeOf(repository.push('fairlead/prod-web', '', other.commit))).toBe('PushRejected')
      })

      test('of the same commit by a second replica has the same id and is no trouble', async () => {
        const served = serve()
        const [one, snapshot] = await openSnapshot(served)
        const [two, again] = await openSnapshot(served)
        const mine = plan(snapshot, { 'README.md': 'x\n' })
        const theirs = plan(again, { 'README.md': 'x\n' })
        expect(theirs.commit).toBe(mine.commit)
        await pushPlan(one, snapshot.revision, mine)
        await pushPlan(two, again.revision, theirs)
        expect(served.git(['rev-parse', 'main'])).toBe(mine.commit)
      })

      test('that a hook declines is refused with the words of the server', async () => {
        const served = serve()
        served.hook('pre-receive', 'echo "GH006: Protected branch update failed for refs/heads/main." >&2; exit 1')
        const [repository, snapshot] = await openSnapshot(served)
        const change = plan(snapshot, { 'README.md': 'x\n' })
        await repository.store(change.objects)
        const error: unknown = await repository.push('main', snapshot.revision, change.commit).catch((reason) => reason)
        expect(error).toMatchObject({ code: 'PushRefused' })
        expect(String(error)).toContain('GH006: Protected branch update failed')
        expect(String(error).length).toBeLessThan(700)
      })

      test('whose answer is lost is unknown, and reading back tells', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const change = plan(snapshot, { 'README.md': 'x\n' })
        world.server.fault = ({ isPush }) => (isPush ? { kind: 'drop-answer' } : undefined)
        expect(await codeOf(pushPlan(repository, snapshot.revision, change))).toBe('GitUnavailable')
        world.server.fault = () => undefined
        expect(await repository.remoteHead('main')).toBe(change.commit)
        expect((await repository.snapshot('main', { fresh: false })).revision).toBe(change.commit)
      })

      test('that the server cannot take now is unknown', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        world.server.fault = ({ isPush }) => (isPush ? { kind: 'status', status: 503 } : undefined)
        const change = plan(snapshot, { 'README.md': 'x\n' })
        expect(await codeOf(pushPlan(repository, snapshot.revision, change))).toBe('GitUnavailable')
        expect(served.git(['rev-parse', 'main'])).toBe(snapshot.revision)
      })
    })

    describe('a signature', () => {
      let signer: Signer
      beforeAll(async () => {
        const file = join(world.folder, 'signing.pem')
        writeFileSync(file, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
        signer = await readSigner(file)
      })

      test('arrives as it was made', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const draft = { tree: renderChange(snapshot, new Map()).root, parents: [snapshot.revision] }
        const rest = { author: who, committer: who, date: new Date(0), message: 'signed' }
        const commit = signCommit({ ...draft, ...rest }, signer)
        await pushPlan(repository, snapshot.revision, { commit: commit.id, objects: [commit] })
        expect(served.git(['cat-file', 'commit', 'main'])).toContain('\ngpgsig -----BEGIN SSH SIGNATURE-----\n ')
        expect(served.git(['rev-parse', 'main'])).toBe(commit.id)
      })
    })
  })
}

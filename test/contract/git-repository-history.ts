import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeOf, message, plan, useGitWorld } from './git-repository-world.ts'

/** Ancestry, the log, and everything that can be refused, as the `GitRepository` port promises them. */
export function describeGitHistory(backend: 'native' | 'isomorphic'): void {
  describe(`GitRepository's history and refusals, ${backend}`, { timeout: 30_000 }, () => {
    const world = useGitWorld(backend)
    const { serve, open, openSnapshot, pushPlan } = world

    describe('ancestry', () => {
      test('is yes for the same commit and for an ancestor, no for a descendant and for another history', async () => {
        const served = serve()
        const root = served.git(['rev-parse', 'main'])
        const middle = served.commit({ files: { 'a.yaml': 'a: 1\n' } })
        const other = served.commit({ branch: 'other', orphan: true, files: { 'x.yaml': 'x: 1\n' } })
        const head = served.commit({ files: { 'a.yaml': 'a: 2\n' } })
        const [repository] = await openSnapshot(served)
        await repository.snapshot('other', { fresh: false })
        expect(await repository.ancestry(head, head)).toBe('yes')
        expect(await repository.ancestry(middle, head)).toBe('yes')
        expect(await repository.ancestry(root, head)).toBe('yes')
        expect(await repository.ancestry(head, middle)).toBe('no')
        expect(await repository.ancestry(other, head)).toBe('no')
        expect(await repository.ancestry('f'.repeat(40), head)).toBe('no')
      })

      test('is unknown for a revision nobody has, and for what is no commit id', async () => {
        const [repository, snapshot] = await openSnapshot(serve())
        expect(await repository.ancestry(snapshot.revision, 'e'.repeat(40))).toBe('unknown')
        expect(await repository.ancestry('main', snapshot.revision)).toBe('unknown')
        expect(await repository.ancestry(snapshot.revision, '--all')).toBe('unknown')
      })

      test('finds a revision that was pushed since', async () => {
        const served = serve()
        const [repository, snapshot] = await openSnapshot(served)
        const head = served.commit({ files: { 'a.yaml': 'a: 2\n' } })
        expect(await repository.ancestry(snapshot.revision, head)).toBe('yes')
      })

      test('of commits pushed from here costs nothing: the store may even be gone', async () => {
        const served = serve()
        const cacheDir = join(world.folder, 'known')
        const repository = await open(served.url, { cacheDir })
        const first = await repository.snapshot('main', { fresh: false })
        const change = plan(first, { 'apps/web/deployment.yaml': 'image: web:1.4.2\n' })
        await pushPlan(repository, first.revision, change)
        rmSync(cacheDir, { recursive: true })
        const asked = world.server.requests.length
        expect(await repository.ancestry(first.revision, change.commit)).toBe('yes')
        expect(await repository.ancestry(change.commit, first.revision)).toBe('no')
        expect(world.server.requests.length).toBe(asked)
      })

      test('deepens a shallow store as far as needed', async () => {
        const served = serve()
        const root = served.git(['rev-parse', 'main'])
        for (let at = 0; at < 150; at++) served.commit({ files: { 'a.yaml': `a: ${at}\n` } })
        const [repository, snapshot] = await openSnapshot(served)
        expect(await repository.ancestry(root, snapshot.revision)).toBe('yes')
        expect(await repository.ancestry('f'.repeat(40), snapshot.revision)).toBe('no')
      })

      test('is unknown when the remote itself has no full history', async () => {
        const source = serve()
        const root = source.git(['rev-parse', 'main'])
        const middle = source.commit({ files: { 'a.yaml': 'a: 1\n' } })
        source.commit({ files: { 'a.yaml': 'a: 2\n' } })
        const served = serve()
        served.git(['fetch', '--quiet', '--depth=1', `file://${source.dir}`, '+main:refs/heads/main'])
        const [repository, snapshot] = await openSnapshot(served)
        expect(await repository.ancestry(root, snapshot.revision)).toBe('unknown')
        // The head itself names its parent.
        expect(await repository.ancestry(middle, snapshot.revision)).toBe('yes')
      })

      test('is no after the branch was rewritten without the commit', async () => {
        const served = serve()
        const lost = served.commit({ files: { 'a.yaml': 'a: 1\n' } })
        const [repository] = await openSnapshot(served)
        served.commit({ orphan: true, files: { 'b.yaml': 'b: 1\n' } })
        const fresh = await repository.snapshot('main', { fresh: true })
        expect(await repository.ancestry(lost, fresh.revision)).toBe('no')
      })
    })

    describe('the log', () => {
      test('lists first parents after one commit up to another, newest first', async () => {
        const served = serve()
        const from = served.git(['rev-parse', 'main'])
        const one = served.commit({ files: { 'a.yaml': 'a: 1\n' }, message: 'one\n\nFairlead-Id: 1\n' })
        const two = served.commit({ files: { 'a.yaml': 'a: 2\n' }, message: 'two ☃' })
        const [repository] = await openSnapshot(served)
        expect(await repository.log(from, two)).toEqual([
          { id: two, message: 'two ☃' },
          { id: one, message: 'one\n\nFairlead-Id: 1\n' },
        ])
        expect(await repository.log(two, two)).toEqual([])
        expect((await repository.log('', two)).map(({ id }) => id)).toEqual([two, one, from])
      })
    })

    describe("a file's history", () => {
      const path = 'apps/web/deployment.yaml'

      test('is what each commit made of it, newest first', async () => {
        const served = serve()
        const two = served.commit({ files: { [path]: 'image: web:2\n' }, message: 'two\n' })
        served.commit({ files: { 'apps/other.yaml': 'a: 1\n' } })
        const three = served.commit({ files: { [path]: 'image: web:1\n', 'README.md': 'ho\n' }, message: 'back' })
        const [repository, snapshot] = await openSnapshot(served)
        const expected = [
          { commit: three, message: 'back', before: 'image: web:2\n', after: 'image: web:1\n' },
          { commit: two, message: 'two\n', before: 'image: web:1\n', after: 'image: web:2\n' },
        ]
        expect(await repository.history(snapshot.revision, path, 10)).toEqual(expected)
        expect(await repository.history(snapshot.revision, path, 1)).toEqual(expected.slice(0, 1))
        expect(await repository.history(two, path, 10)).toEqual(expected.slice(1))
      })

      test('tells when it came, went and was no file', async () => {
        const served = serve()
        const came = served.commit({ files: { 'x.yaml': 'x: 1\n' } })
        const went = served.commit({ files: { 'x.yaml': undefined } })
        const linked = served.commit({ files: { 'x.yaml': { mode: '120000', content: 'README.md' } } })
        const large = served.commit({ files: { 'x.yaml': `x: ${'y'.repeat(1024 * 1024)}\n` } })
        const [repository, snapshot] = await openSnapshot(served)
        const changes = await repository.history(snapshot.revision, 'x.yaml', 10)
        expect(changes.map(({ commit, before, after }) => [commit, before, after])).toEqual([
          [large, undefined, undefined],
          [went, 'x: 1\n', undefined],
          [came, undefined, 'x: 1\n'],
        ])
        expect(changes.some(({ commit }) => commit === linked)).toBe(false)
      })

      test('is empty for a file that never changed, or that is not there', async () => {
        const [repository, snapshot] = await openSnapshot(serve())
        expect(await repository.history(snapshot.revision, path, 10)).toEqual([])
        expect(await repository.history(snapshot.revision, 'none.yaml', 10)).toEqual([])
      })

      test('follows first parents: what a merge brought is the change of the merge', async () => {
        const served = serve()
        served.git(['branch', 'side', 'main'])
        const own = served.commit({ files: { 'apps/other.yaml': 'a: 1\n' } })
        const side = served.commit({ branch: 'side', files: { [path]: 'image: web:2\n' } })
        const sideAgain = served.commit({ branch: 'side', files: { [path]: 'image: web:3\n' } })
        const scratch = served.commit({ files: { [path]: 'image: web:3\n' }, message: 'tree of the merge' })
        const tree = served.git(['rev-parse', `${scratch}^{tree}`])
        const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.com']
        const merge = served.git([...author, 'commit-tree', tree, '-p', own, '-p', sideAgain, '-m', 'Merge'])
        served.git(['update-ref', 'refs/heads/main', merge])
        const [repository, snapshot] = await openSnapshot(served)
        const changes = await repository.history(snapshot.revision, path, 10)
        expect(changes.map(({ commit, after }) => [commit, after])).toEqual([[merge, 'image: web:3\n']])
        expect(changes.map(({ commit }) => commit)).not.toContain(side)
      })

      test('goes on with what is pushed from here and elsewhere, and asks nobody about a head it knows', async () => {
        const served = serve()
        const [repository, first] = await openSnapshot(served)
        expect(await repository.history(first.revision, path, 10)).toEqual([])
        const change = plan(first, { [path]: 'image: web:2\n' })
        await pushPlan(repository, first.revision, change)
        const mine = await repository.history(change.commit, path, 10)
        expect(mine.map(({ commit, after }) => [commit, after])).toEqual([[change.commit, 'image: web:2\n']])
        const theirs = served.commit({ files: { [path]: 'image: web:1\n' } })
        await repository.snapshot('main', { fresh: true })
        const both = await repository.history(theirs, path, 10)
        expect(both.map(({ commit }) => commit)).toEqual([theirs, change.commit])
        const asked = world.server.requests.length
        expect(await repository.history(theirs, path, 10)).toEqual(both)
        expect(await repository.history(theirs, 'README.md', 10)).toEqual([])
        expect(world.server.requests.length).toBe(asked)
      })

      test('goes back as far as 1,000 commits, whatever the store holds at first', async () => {
        const served = serve()
        const old = served.commit({ files: { [path]: 'image: web:2\n' } })
        for (let at = 0; at < 150; at++) served.commit({ files: { 'apps/other.yaml': `a: ${at}\n` } })
        const [repository, snapshot] = await openSnapshot(served)
        const changes = await repository.history(snapshot.revision, path, 10)
        expect(changes.map(({ commit }) => commit)).toEqual([old])
      })

      test('survives the loss of the store', async () => {
        const served = serve()
        const two = served.commit({ files: { [path]: 'image: web:2\n' } })
        const cacheDir = join(world.folder, 'history-lost')
        const repository = await open(served.url, { cacheDir })
        const first = await repository.snapshot('main', { fresh: false })
        expect(await repository.history(first.revision, path, 10)).toHaveLength(1)
        const three = served.commit({ files: { [path]: 'image: web:3\n' } })
        rmSync(cacheDir, { recursive: true })
        const { revision } = await repository.snapshot('main', { fresh: true })
        const changes = await repository.history(revision, path, 10)
        expect(changes.map(({ commit }) => commit)).toEqual([three, two])
      })

      test('of what is no commit id is refused', async () => {
        const repository = await open(serve().url)
        expect(await codeOf(repository.history('--output=x', path, 10))).toBe('UsageInvalid')
      })
    })

    test('the default branch is the one that HEAD names', async () => {
      const served = serve()
      served.commit({ branch: 'main', files: { 'a.yaml': 'a: 1\n' } })
      served.commit({ branch: 'team/trunk', files: { 'a.yaml': 'a: 2\n' } })
      served.git(['symbolic-ref', 'HEAD', 'refs/heads/team/trunk'])
      const repository = await open(served.url)
      expect(await repository.defaultBranch()).toBe('team/trunk')
      served.git(['symbolic-ref', 'HEAD', 'refs/heads/main'])
      expect(await repository.defaultBranch()).toBe('main')
      served.git(['symbolic-ref', 'HEAD', 'refs/heads/gone'])
      expect(await repository.defaultBranch()).toBeUndefined()
    })

    describe('what is not there', () => {
      test('a branch', async () => {
        const served = serve()
        served.commit({ branch: 'x/prod', files: { 'a.yaml': 'a: 1\n' } })
        const repository = await open(served.url)
        expect(await codeOf(repository.snapshot('prod', { fresh: true }))).toBe('BranchNotFound')
        expect(await repository.remoteHead('prod')).toBeUndefined()
        expect(await repository.remoteHead('x/prod')).toBe(served.git(['rev-parse', 'x/prod']))
      })

      test('a branch that was deleted', async () => {
        const served = serve()
        served.commit({ branch: 'dev', files: { 'a.yaml': 'a: 1\n' } })
        const repository = await open(served.url)
        await repository.snapshot('dev', { fresh: false })
        served.git(['update-ref', '-d', 'refs/heads/dev'])
        expect(await codeOf(repository.snapshot('dev', { fresh: true }))).toBe('BranchNotFound')
      })

      test('a repository', async () => {
        const repository = await open(`${world.server.url}/none.git`)
        expect(await codeOf(repository.snapshot('main', { fresh: false }))).toBe('RepositoryNotFound')
      })

      test('a host', async () => {
        const repository = await open('http://127.0.0.1:9/none.git')
        expect(await codeOf(repository.snapshot('main', { fresh: false }))).toBe('GitUnavailable')
      })
    })

    describe('a login', () => {
      test('is sent from the files, again when they change, and never shown', async () => {
        const served = serve()
        const tokenFile = join(world.folder, `token-${backend}`)
        writeFileSync(tokenFile, 'wrong-secret-token\n')
        world.server.login = { user: 'x-access-token', password: 'right-secret-token' }
        const repository = await open(served.url, { credentials: { tokenFile } })
        const refused = repository.snapshot('main', { fresh: false })
        expect(await codeOf(refused)).toBe('GitAuthFailed')
        expect(await message(refused)).not.toContain('secret-token')
        expect(await message(refused)).not.toContain(
          Buffer.from('x-access-token:wrong').toString('base64').slice(0, 20),
        )
        writeFileSync(tokenFile, 'right-secret-token\n')
        const snapshot = await repository.snapshot('main', { fresh: false })
        await pushPlan(repository, snapshot.revision, plan(snapshot, { 'README.md': 'x\n' }))
        expect(served.git(['log', '--format=%s', '-1', 'main'])).toBe('Update web to 1.4.2')
      })

      test('that is missing is a refusal', async () => {
        world.server.login = { user: 'u', password: 'p' }
        expect(await codeOf((await open(serve().url)).remoteHead('main'))).toBe('GitAuthFailed')
      })
    })

    describe('the host', () => {
      const rows: [number, string][] = [
        [403, 'GitAuthFailed'],
        [404, 'RepositoryNotFound'],
        [429, 'GitUnavailable'],
        [500, 'GitUnavailable'],
        [503, 'GitUnavailable'],
      ]
      test.each(rows)('answers %i: %s', async (status, code) => {
        const repository = await open(serve().url)
        world.server.fault = () => ({ kind: 'status', status, body: 'no' })
        expect(await codeOf(repository.remoteHead('main'))).toBe(code)
      })

      test('redirects: the login does not follow', async () => {
        const served = serve()
        const repository = await open(served.url)
        world.server.fault = ({ url }) =>
          url.startsWith('/elsewhere')
            ? undefined
            : { kind: 'status', status: 302, headers: { location: '/elsewhere.git' } }
        expect(await codeOf(repository.remoteHead('main'))).toBe('GitUnavailable')
        expect(world.server.requests.some(({ url }) => url.startsWith('/elsewhere'))).toBe(false)
      })
    })

    describe('an attempt to slip in an option', () => {
      const branches = [
        '--upload-pack=touch /tmp/x',
        '-x',
        'a/--output=x',
        'main:refs/heads/x',
        'a..b',
        'a b',
        '',
        'x.lock',
        '+main',
      ]
      test.each(branches.filter((branch) => branch !== '+main'))('as branch %j is refused', async (branch) => {
        const repository = await open(serve().url)
        expect(await codeOf(repository.snapshot(branch, { fresh: true }))).toBe('UsageInvalid')
        expect(await codeOf(repository.remoteHead(branch))).toBe('UsageInvalid')
        expect(await codeOf(repository.push(branch, '', 'a'.repeat(40)))).toBe('UsageInvalid')
      })

      test('as commit id is refused', async () => {
        const repository = await open(serve().url)
        expect(await codeOf(repository.push('main', 'HEAD', 'a'.repeat(40)))).toBe('UsageInvalid')
        expect(await codeOf(repository.log('--output=x', 'a'.repeat(40)))).toBe('UsageInvalid')
      })

      const urls = [
        'ext::sh -c id',
        'file:///etc',
        '/etc',
        '-oProxyCommand=id',
        'http://u:p@h/x',
        'git://h/x',
        'https://h/%0a',
      ]
      test.each(urls)('as address %j is refused', async (url) => {
        expect(await codeOf(open(url))).toBe('ConfigInvalid')
      })

      test('as plain http without insecure is refused', async () => {
        expect(await codeOf(open('http://h/x', { insecure: false }))).toBe('ConfigInvalid')
      })
    })
  })
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GitHost, startGitHost } from '../../../src/sandbox/git-host/git-host.ts'
import { git, hasGit, temporaryFolder } from './git-command.ts'

let host: GitHost
let folder: string
let remove: () => Promise<void>
let clone: string

beforeEach(async () => {
  host = await startGitHost()
  host.createRepository('gitops', { 'apps/web.yaml': 'image: web:1\n', 'README.md': 'hello\n' })
  const temporary = await temporaryFolder()
  folder = temporary.path
  remove = temporary.remove
  clone = join(folder, 'clone')
})
afterEach(async () => {
  await host.close()
  await remove()
})

function grow(count: number): void {
  for (let step = 1; step <= count; step += 1) {
    host.commit('gitops', 'main', { 'apps/web.yaml': `image: web:${step + 1}\n` }, `step ${step}`)
  }
}

async function commitInClone(file: string, content: string): Promise<string> {
  await writeFile(join(clone, file), content)
  await git(clone, 'add', file)
  await git(clone, 'commit', '-m', `change ${file}`)
  return (await git(clone, 'rev-parse', 'HEAD')).output
}

const countCommits = async (revision: string) => (await git(clone, 'rev-list', '--count', revision)).output

describe.skipIf(!(await hasGit()))('the git binary', () => {
  it('clones a whole repository', async () => {
    grow(3)
    expect((await git(folder, 'clone', host.urlOf('gitops'), 'clone')).code).toBe(0)
    expect((await git(clone, 'rev-parse', 'HEAD')).output).toBe(host.head('gitops', 'main'))
    expect(await countCommits('HEAD')).toBe('4')
    expect((await git(clone, 'fsck', '--strict')).code).toBe(0)
  })

  it('clones an empty repository and makes its first branch', async () => {
    host.createRepository('fresh', {})
    expect((await git(folder, 'clone', host.urlOf('fresh'), 'clone')).code).toBe(0)
    const commit = await commitInClone('a.txt', 'a\n')
    expect((await git(clone, 'push', 'origin', 'HEAD:refs/heads/main')).code).toBe(0)
    expect(host.head('fresh', 'main')).toBe(commit)
  })

  it('fetches what is new since its last fetch', async () => {
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    grow(2)
    expect((await git(clone, 'pull', '--ff-only')).code).toBe(0)
    expect((await git(clone, 'rev-parse', 'HEAD')).output).toBe(host.head('gitops', 'main'))
  })

  it('fetches from a clone with commits of its own', async () => {
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    for (const name of ['a', 'b', 'c']) await commitInClone(name, name)
    grow(2)
    expect((await git(clone, 'fetch')).code).toBe(0)
    expect((await git(clone, 'rev-parse', 'origin/main')).output).toBe(host.head('gitops', 'main'))
  })

  it('keeps a shallow clone shallow, deepens it, and makes it whole', async () => {
    grow(6)
    await git(folder, 'clone', '--depth=2', host.urlOf('gitops'), 'clone')
    expect(await countCommits('HEAD')).toBe('2')
    grow(1)
    expect((await git(clone, 'fetch', '--depth=1')).code).toBe(0)
    expect((await git(clone, 'fetch', '--deepen=2')).code).toBe(0)
    expect(await countCommits('origin/main')).toBe('5')
    expect((await git(clone, 'fetch', '--unshallow')).code).toBe(0)
    expect(await countCommits('origin/main')).toBe('8')
    expect((await git(clone, 'fsck', '--strict')).code).toBe(0)
  })

  it('pushes commits, branches and notes', async () => {
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    const moves: string[] = []
    host.onPush(({ ref }) => moves.push(ref))
    const commit = await commitInClone('apps/web.yaml', 'image: web:9\n')
    expect((await git(clone, 'push', 'origin', 'main', 'main:refs/heads/fairlead/web')).code).toBe(0)
    await git(clone, 'notes', '--ref=fairlead-production', 'add', '-m', 'outcome: success')
    expect((await git(clone, 'push', 'origin', 'refs/notes/fairlead-production')).code).toBe(0)
    expect(host.head('gitops', 'main')).toBe(commit)
    expect(host.readFile('gitops', 'main', 'apps/web.yaml')).toBe('image: web:9\n')
    expect(moves).toEqual(['refs/heads/main', 'refs/heads/fairlead/web', 'refs/notes/fairlead-production'])
  })

  it('pushes from a shallow clone', async () => {
    grow(4)
    await git(folder, 'clone', '--depth=1', host.urlOf('gitops'), 'clone')
    const commit = await commitInClone('new.txt', 'new\n')
    expect((await git(clone, 'push')).code).toBe(0)
    expect(host.log('gitops', 'main').map((entry) => entry.id)[0]).toBe(commit)
    expect(host.log('gitops', 'main')).toHaveLength(6)
  })

  it('is told that the branch moved when it lost a race', async () => {
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    const base = host.head('gitops', 'main')
    await commitInClone('mine.txt', 'mine\n')
    grow(1)
    const { code, output } = await git(clone, 'push', `--force-with-lease=refs/heads/main:${base}`, 'origin', 'main')
    expect(code).toBe(1)
    expect(output).toContain('stale info')
    const forced = await git(clone, 'push', '--force', 'origin', 'main')
    expect(forced.output).toContain('[remote rejected] main -> main (non-fast-forward)')
    expect((await git(clone, 'push', 'origin', ':main')).output).toContain('deletion prohibited')
    expect(host.log('gitops', 'main')[0]?.message).toBe('step 1\n')
  })

  it('hears the words of a hook', async () => {
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    await commitInClone('mine.txt', 'mine\n')
    host.rejectPush('no changes on Fridays')
    const { code, output } = await git(clone, 'push')
    expect(code).toBe(1)
    expect(output).toContain('remote: no changes on Fridays')
    expect(output).toContain('pre-receive hook declined')
    expect((await git(clone, 'push')).code).toBe(0)
  })

  it('does not learn that its push was taken in when the answer is lost', async () => {
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    const commit = await commitInClone('mine.txt', 'mine\n')
    host.dropPushResponse()
    expect((await git(clone, 'push')).code).not.toBe(0)
    expect(host.head('gitops', 'main')).toBe(commit)
  })

  it('moves all of several references or none', async () => {
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    await commitInClone('mine.txt', 'mine\n')
    grow(1)
    const { code } = await git(clone, 'push', '--atomic', '--force', 'origin', 'main', 'main:refs/heads/other')
    expect(code).toBe(1)
    expect(host.head('gitops', 'other')).toBeUndefined()
  })

  it('may rewrite and delete other branches when only the default branch is protected', async () => {
    await host.close()
    host = await startGitHost({ protection: 'default-branch' })
    host.createRepository('gitops', { 'a.txt': 'a\n' })
    await git(folder, 'clone', host.urlOf('gitops'), 'clone')
    const first = await commitInClone('b.txt', 'b\n')
    await git(clone, 'push', 'origin', 'HEAD:refs/heads/topic')
    await git(clone, 'commit', '--amend', '-m', 'again')
    expect((await git(clone, 'push', '--force', 'origin', 'HEAD:refs/heads/topic')).code).toBe(0)
    expect(host.head('gitops', 'topic')).not.toBe(first)
    expect((await git(clone, 'push', 'origin', ':refs/heads/topic')).code).toBe(0)
    expect(host.head('gitops', 'topic')).toBeUndefined()
  })

  it('needs the password where one is set', async () => {
    await host.close()
    host = await startGitHost({ password: 'secret' })
    host.createRepository('gitops', { 'a.txt': 'a\n' })
    const url = host.urlOf('gitops')
    expect((await git(folder, 'clone', url, 'clone')).code).not.toBe(0)
    const header = `http.extraHeader=Authorization: Basic ${Buffer.from('x:secret').toString('base64')}`
    expect((await git(folder, '-c', header, 'clone', url, 'clone')).code).toBe(0)
  })
})

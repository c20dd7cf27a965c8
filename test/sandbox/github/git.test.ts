import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { git, hasGit, temporaryFolder } from '../git-host/git-command.ts'
import { type Ground, startGround } from './client.ts'

let ground: Ground
let folder: string
let clone: string
let remove: () => Promise<void>

beforeEach(async () => {
  ground = await startGround()
  const temporary = await temporaryFolder()
  folder = temporary.path
  remove = temporary.remove
  clone = join(folder, 'clone')
})
afterEach(async () => {
  await ground.close()
  await remove()
})

const header = (token: string) =>
  `http.extraHeader=Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`

async function pushAs(token: string, ...refs: string[]): Promise<string> {
  await git(folder, '-c', header(token), 'clone', ground.gitops.url, 'clone')
  await writeFile(join(clone, 'new.txt'), 'new\n')
  await git(clone, 'add', 'new.txt')
  await git(clone, 'commit', '-m', 'new')
  return (await git(clone, '-c', header(token), 'push', 'origin', ...refs)).output
}

describe.skipIf(!(await hasGit()))('a push through the site', () => {
  it('needs a token', async () => {
    const { code, output } = await git(folder, 'clone', ground.gitops.url, 'clone')
    expect(code).not.toBe(0)
    expect(output).toMatch(/Authentication failed|could not read Username/)
  })

  it('moves branches', async () => {
    const token = ground.github.person('bob')
    await pushAs(token, 'HEAD:refs/heads/topic')
    expect(ground.git.readFile('acme/gitops', 'topic', 'new.txt')).toBe('new\n')
  })

  it('is refused to those who may only read', async () => {
    const output = await pushAs(ground.github.person('rex', 'read'), 'HEAD:refs/heads/topic')
    expect(output).toContain('403')
    expect(ground.git.head('acme/gitops', 'topic')).toBeUndefined()
  })

  it('to a protected branch is refused in the words of classic protection', async () => {
    ground.gitops.protect('main')
    const output = await pushAs(ground.github.person('bob'), 'HEAD:main')
    expect(output).toContain('remote: error: GH006: Protected branch update failed for refs/heads/main.')
    expect(output).toContain('remote: error: Changes must be made through a pull request.')
    expect(output).toContain('[remote rejected] HEAD -> main (protected branch hook declined)')
  })

  it('to a protected branch is refused in the words of a ruleset', async () => {
    ground.gitops.protect('main', { kind: 'ruleset', needsPullRequest: false, checks: ['ci'] })
    const output = await pushAs(ground.github.person('bob'), 'HEAD:main')
    expect(output).toContain('GH013: Repository rule violations found for refs/heads/main.')
    expect(output).toContain('Required status check "ci" is expected.')
    expect(output).toContain('(push declined due to repository rule violations)')
  })

  it('of an admin passes classic protection by', async () => {
    ground.gitops.protect('main')
    await pushAs(ground.github.token('ada'), 'HEAD:main')
    expect(ground.git.readFile('acme/gitops', 'main', 'new.txt')).toBe('new\n')
  })
})

import fs from 'node:fs'
import isomorphicGit from 'isomorphic-git'
import http from 'isomorphic-git/http/node'
import { simpleGit } from 'simple-git'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GitHost, startGitHost } from '../../../src/sandbox/git-host/git-host.ts'
import { hasGit, temporaryFolder } from './git-command.ts'

const author = { name: 'Ada', email: 'ada@example.com' }
let host: GitHost
let dir: string
let remove: () => Promise<void>
let url: string

beforeEach(async () => {
  host = await startGitHost({ password: 'secret' })
  host.createRepository('gitops', { 'apps/web.yaml': 'image: web:1\n' })
  for (const tag of [2, 3, 4]) host.commit('gitops', 'main', { 'apps/web.yaml': `image: web:${tag}\n` }, `web ${tag}`)
  const folder = await temporaryFolder()
  dir = folder.path
  remove = folder.remove
  url = host.urlOf('gitops')
})
afterEach(async () => {
  await host.close()
  await remove()
})

const onAuth = () => ({ username: 'x', password: 'secret' })
const remote = () => ({ fs, http, dir, url, onAuth })

describe('the client of isomorphic-git', () => {
  it('clones shallow, commits and pushes', async () => {
    await isomorphicGit.clone({ ...remote(), depth: 1, singleBranch: true })
    expect(await isomorphicGit.log({ fs, dir })).toHaveLength(1)
    fs.writeFileSync(`${dir}/apps/web.yaml`, 'image: web:5\n')
    await isomorphicGit.add({ fs, dir, filepath: 'apps/web.yaml' })
    const commit = await isomorphicGit.commit({ fs, dir, message: 'web 5', author })
    const result = await isomorphicGit.push({ ...remote(), remoteRef: 'refs/heads/main' })
    expect(result).toMatchObject({ ok: true, refs: { 'refs/heads/main': { ok: true } } })
    expect(host.head('gitops', 'main')).toBe(commit)
    expect(host.readFile('gitops', 'main', 'apps/web.yaml')).toBe('image: web:5\n')
    expect(host.log('gitops', 'main')).toHaveLength(5)
  })

  it('fetches what is new and deepens', async () => {
    await isomorphicGit.clone({ ...remote(), depth: 1, singleBranch: true })
    const head = host.commit('gitops', 'main', { 'new.txt': 'new\n' }, 'new')
    await isomorphicGit.fetch({ ...remote(), ref: 'main', singleBranch: true })
    expect(await isomorphicGit.resolveRef({ fs, dir, ref: 'origin/main' })).toBe(head)
    await isomorphicGit.fetch({ ...remote(), ref: 'main', singleBranch: true, depth: 100 })
    expect(await isomorphicGit.log({ fs, dir, ref: 'origin/main' })).toHaveLength(5)
  })

  it('is refused when the branch moved between its look and its push', async () => {
    await isomorphicGit.clone(remote())
    await isomorphicGit.commit({ fs, dir, message: 'mine', author })
    const theirs = host.commit('gitops', 'main', { 'theirs.txt': 'x\n' }, 'theirs')
    const push = isomorphicGit.push({ ...remote(), remoteRef: 'refs/heads/main', force: true })
    await expect(push).rejects.toMatchObject({ code: 'GitPushError' })
    expect(host.head('gitops', 'main')).toBe(theirs)
  })

  it('reads the reason of a hook', async () => {
    await isomorphicGit.clone(remote())
    await isomorphicGit.commit({ fs, dir, message: 'mine', author })
    host.rejectPush('not today')
    const push = isomorphicGit.push({ ...remote(), remoteRef: 'refs/heads/main' })
    await expect(push).rejects.toThrow('pre-receive hook declined')
  })

  it('is turned away without the password', async () => {
    await expect(isomorphicGit.clone({ fs, http, dir, url })).rejects.toMatchObject({ code: 'HttpError' })
  })
})

describe.skipIf(!(await hasGit()))('simple-git', () => {
  it('clones and pushes', async () => {
    await host.close()
    host = await startGitHost()
    host.createRepository('gitops', { 'a.txt': 'a\n' })
    const repository = simpleGit(dir)
    await repository.clone(host.urlOf('gitops'), '.')
    await repository.addConfig('user.name', author.name)
    await repository.addConfig('user.email', author.email)
    fs.writeFileSync(`${dir}/a.txt`, 'b\n')
    await repository.commit('b', ['a.txt'])
    await repository.push('origin', 'main')
    expect(host.readFile('gitops', 'main', 'a.txt')).toBe('b\n')
  })
})

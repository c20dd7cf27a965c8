import fs from 'node:fs'
import git from 'isomorphic-git'
import http from 'isomorphic-git/http/node'
import type { GitHand } from './repository-host-world.ts'

/** Where a clone of one test is. */
export interface ClonePlace {
  folder: string
  url: string
  token: string
  base: string
}

export interface Clone extends GitHand {
  /** Deletes every branch that begins so. */
  removeAll(prefix: string): Promise<void>
}

const fairlead = { name: 'fairlead', email: 'fairlead@example.com' }
const started = { 'apps/web.yaml': 'image: web:1\n', 'README.md': 'gitops\n' }

/**
 * A clone over HTTP with another Git than the adapter's native one. Its base begins at a commit without parents, which is
 * like no other: what is said about a commit stays with it.
 */
export async function openClone({ folder, url, token, base }: ClonePlace): Promise<Clone> {
  const local = { fs, dir: folder, gitdir: folder }
  const server = { ...local, http, url, onAuth: () => ({ username: 'x-access-token', password: token }) }
  let seconds = Math.floor(Date.now() / 1000)
  await git.init({ ...local, bare: true })
  await git.addRemote({ ...local, remote: 'origin', url })

  async function head(branch: string): Promise<string | undefined> {
    const ref = `refs/heads/${branch}`
    const found = await git.listServerRefs({ http, url, onAuth: server.onAuth, prefix: ref })
    return found.find((one) => one.ref === ref)?.oid
  }

  async function fetched(branch: string): Promise<string> {
    const id = await head(branch)
    if (id === undefined) throw new Error(`there is no branch ${branch}`)
    const isHere = await git.readCommit({ ...local, oid: id }).catch(() => undefined)
    if (isHere === undefined) await git.fetch({ ...server, ref: branch, singleBranch: true, tags: false })
    return id
  }

  async function push(branch: string, commit: string): Promise<void> {
    await git.writeRef({ ...local, ref: `refs/heads/${branch}`, value: commit, force: true })
    await git.push({ ...server, ref: branch, remoteRef: `refs/heads/${branch}` })
  }

  async function write(
    branch: string,
    parents: string[],
    tree: string,
    { message, by }: { message: string; by: typeof fairlead },
  ) {
    // Two commits of the same second would be the same commit when they hold the same.
    const who = { ...by, timestamp: seconds++, timezoneOffset: 0 }
    const commit = { message: `${message}\n`, tree, parent: parents, author: who, committer: who }
    const id = await git.writeCommit({ ...local, commit })
    await push(branch, id)
    return id
  }

  const treeOf = async (commit: string) => (await git.readCommit({ ...local, oid: commit })).commit.tree

  async function splice(tree: string | undefined, files: [path: string, text: string][]): Promise<string> {
    const entries = new Map(
      tree === undefined ? [] : (await git.readTree({ ...local, oid: tree })).tree.map((entry) => [entry.path, entry]),
    )
    const folders = new Map<string, [string, string][]>()
    for (const [path, text] of files) {
      const [first = '', ...rest] = path.split('/')
      if (rest.length > 0) folders.set(first, [...(folders.get(first) ?? []), [rest.join('/'), text]])
      else {
        const oid = await git.writeBlob({ ...local, blob: Buffer.from(text) })
        entries.set(first, { mode: '100644', path: first, oid, type: 'blob' })
      }
    }
    for (const [path, inner] of folders)
      entries.set(path, { mode: '040000', path, oid: await splice(entries.get(path)?.oid, inner), type: 'tree' })
    return git.writeTree({ ...local, tree: [...entries.values()] })
  }

  await write(base, [], await splice(undefined, Object.entries(started)), { message: `Begin ${base}`, by: fairlead })
  return {
    async commit(branch, files, { message = 'Change', by = fairlead } = {}) {
      const parent = await fetched((await head(branch)) === undefined ? base : branch)
      return write(branch, [parent], await splice(await treeOf(parent), Object.entries(files)), { message, by })
    },
    async mergeBase(branch) {
      const [ours, theirs] = [await fetched(branch), await fetched(base)]
      const author = { name: 'alice', email: 'alice@example.org' }
      const { tree = '' } = await git.merge({ ...local, ours, theirs, noUpdateBranch: true, author })
      return write(branch, [ours, theirs], tree, { message: `Merge ${base}`, by: author })
    },
    create: push,
    async removeAll(prefix) {
      for (const { ref } of await git.listServerRefs({
        http,
        url,
        onAuth: server.onAuth,
        prefix: `refs/heads/${prefix}`,
      })) {
        await git.push({ ...server, ref: base, remoteRef: ref, delete: true })
      }
    },
    head,
    async read(branch, path) {
      const oid = await fetched(branch)
      return Buffer.from((await git.readBlob({ ...local, oid, filepath: path })).blob).toString()
    },
    async log(branch) {
      const entries: { id: string; message: string; parents: string[] }[] = []
      for (let id: string | undefined = await fetched(branch); id !== undefined && entries.length < 20; ) {
        const { commit }: Awaited<ReturnType<typeof git.readCommit>> = await git.readCommit({ ...local, oid: id })
        entries.push({ id, message: commit.message, parents: commit.parent })
        id = commit.parent[0]
      }
      return entries
    },
  }
}

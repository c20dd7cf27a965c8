import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A commit as a person reads it. */
export interface Commit {
  id: string
  author: string
  subject: string
  /** The whole message. */
  message: string
  /** Files it touched. */
  files: string[]
}

/** A GitOps repository: the bare one on the server, and a person who commits to its branch `main`. */
export interface Gitops {
  readonly url: string
  /** Commits the files as a person and pushes; returns the commit's id. */
  commit(message: string, files: Record<string, string>): Promise<string>
  head(): Promise<string>
  /** Commits after `since`, oldest first. */
  commitsSince(since: string): Promise<Commit[]>
  /** A file at a revision. */
  file(revision: string, path: string): Promise<string>
  /** Does the history of `revision` hold `commit`? */
  contains(revision: string, commit: string): Promise<boolean>
}

export interface GitopsPlace {
  /** Served by the Git server. */
  root: string
  /** For the person's work tree. */
  work: string
  name: string
  url: string
}

const identity = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
}

async function git(dir: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', dir, ...args], { env: { ...process.env, ...identity } })
  return stdout
}

export async function createGitops({ root, work, name, url }: GitopsPlace): Promise<Gitops> {
  const bare = join(root, `${name}.git`)
  const tree = join(work, name)
  await mkdir(bare, { recursive: true })
  await mkdir(tree, { recursive: true })
  await git(bare, 'init', '--quiet', '--bare', '--initial-branch=main')
  await git(bare, 'config', 'http.receivepack', 'true')
  await git(bare, 'config', 'uploadpack.allowFilter', 'true')
  await git(tree, 'init', '--quiet', '--initial-branch=main')
  await git(tree, 'remote', 'add', 'origin', bare)

  const show = async (id: string): Promise<Commit> => {
    const [author = '', subject = '', message = ''] = (
      await git(bare, 'show', '--no-patch', '--format=%an%x00%s%x00%B', id)
    ).split('\0')
    const files = await git(bare, 'diff-tree', '--no-commit-id', '--name-only', '-r', '--root', id)
    return { id, author, subject, message: message.trim(), files: files.trim().split('\n') }
  }

  return {
    url,
    commit: async (message, files) => {
      const started = (await git(bare, 'for-each-ref', 'refs/heads/main')) !== ''
      if (started) {
        await git(tree, 'fetch', '--quiet', 'origin', 'main')
        await git(tree, 'reset', '--quiet', '--hard', 'FETCH_HEAD')
      }
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(tree, path)), { recursive: true })
        await writeFile(join(tree, path), text)
      }
      await git(tree, 'add', '--all')
      await git(tree, 'commit', '--quiet', '-m', message)
      await git(tree, 'push', '--quiet', 'origin', 'main')
      return (await git(tree, 'rev-parse', 'HEAD')).trim()
    },
    head: async () => (await git(bare, 'rev-parse', 'refs/heads/main')).trim(),
    commitsSince: async (since) => {
      const ids = (await git(bare, 'rev-list', '--reverse', `${since}..refs/heads/main`)).trim()
      return Promise.all(ids === '' ? [] : ids.split('\n').map(show))
    },
    file: (revision, path) => git(bare, 'show', `${revision}:${path}`),
    contains: async (revision, commit) => {
      const ids = await git(bare, 'rev-list', revision)
      return ids.split('\n').includes(commit)
    },
  }
}

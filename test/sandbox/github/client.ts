import { type GitHost, startGitHost } from '../../../src/sandbox/git-host/git-host.ts'
import { type GitHubOptions, type GitHubSandbox, startGitHub } from '../../../src/sandbox/github/github.ts'
import type { RepositoryControl } from '../../../src/sandbox/github/repository-control.ts'

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers as they come
  body: any
}

/** Calls the API with one token, as an independent client. */
export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

export interface Ground {
  git: GitHost
  github: GitHubSandbox
  gitops: RepositoryControl
  /** Token `bot` of an account with write access. */
  bot: Ask
  as(token: string): Ask
  /** A commit on a branch of its own that begins at the head of main. Returns its id. */
  branch(name: string, files: Record<string, string>): string
  close(): Promise<void>
}

/** A GitHub with repository `acme/gitops`, account `fairlead` that may write, and Ada, an admin. */
export async function startGround(options: Partial<GitHubOptions> = {}): Promise<Ground> {
  const git = await startGitHost({ protection: 'default-branch' })
  const github = await startGitHub({ git, lag: { reads: 0 }, ...options })
  const gitops = github.repository('acme/gitops', { files: { 'apps/web.yaml': 'image: web:1\n', 'a.txt': 'a\n' } })
  github.person('ada', 'admin')
  const as = (token: string) => askAt(github.apiUrl, token)
  return {
    git,
    github,
    gitops,
    bot: as(github.person('fairlead')),
    as,
    branch(name, files) {
      git.moveRef('acme/gitops', `refs/heads/${name}`, git.head('acme/gitops', 'main') ?? '')
      return git.commit('acme/gitops', name, files, `change ${name}`)
    },
    async close() {
      await github.close()
      await git.close()
    },
  }
}

function askAt(root: string, token: string): Ask {
  return async (method, path, body, headers = {}) => {
    const address = path === '/graphql' ? root.replace(/v3$/, 'graphql') : root + path
    const response = await fetch(address, {
      method,
      redirect: 'manual',
      headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
}

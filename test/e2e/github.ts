import { type GitHost, startGitHost } from '../../src/sandbox/git-host/git-host.ts'
import { type GitHubSandbox, startGitHub } from '../../src/sandbox/github/github.ts'
import type { PullRequest } from '../../src/sandbox/github/hosted-repository.ts'
import type { RepositoryControl } from '../../src/sandbox/github/repository-control.ts'
import { type Ask, asking, botHand, personHand } from '../contract/repository-host-hands.ts'
import type { BotHand, PersonHand } from '../contract/repository-host-world.ts'
import type { Commit, Gitops } from './gitops.ts'
import type { Lab } from './lab.ts'

/** The sandbox's GitHub beside the real parts of the lab, and people who use it over its API with tokens of their own. */
export interface GitHubLab {
  readonly github: GitHubSandbox
  readonly git: GitHost
  /** Of the account that fairlead runs as. */
  readonly token: string
  readonly webhookSecret: string
  createRepository(name: string): HostedPlace
  close(): Promise<void>
}

/** A repository there. */
export interface HostedPlace {
  readonly control: RepositoryControl
  readonly gitops: Gitops
  readonly login: { username: string; password: string }
  /** Ids of the commits of a pull request that its base lacks. */
  commitsOf(one: PullRequest): string[]
  readonly alice: PersonHand
  readonly bob: PersonHand
  /** Sets checks. */
  readonly ci: BotHand
  /** Anything else, as the account of CI. */
  readonly ask: Ask
}

export const botLogin = 'fairlead-bot'

/** Its events go to fairlead's webhook port, signed. */
export async function startGitHubLab(lab: Lab): Promise<GitHubLab> {
  const git = await startGitHost({ protection: 'default-branch' })
  const github = await startGitHub({ git })
  const webhookSecret = 'what GitHub signs with'
  github.subscribe(`http://127.0.0.1:${lab.webhook.port}/webhook/github`, webhookSecret)
  const tokens = {
    alice: github.person('alice'),
    bob: github.person('bob'),
    ci: github.person('ci'),
    flux: github.person('flux', 'read'),
  }
  return {
    github,
    git,
    token: github.person(botLogin),
    webhookSecret,
    createRepository(name) {
      const control = github.repository(`acme/${name}`)
      const ask = (token: string) => asking({ apiURL: github.apiUrl, repository: control.fullName() }, token)
      return {
        control,
        gitops: hostedGitops(git, control),
        commitsOf({ headSha, base }) {
          const ids = (revision: string) => git.log(control.fullName(), revision).map(({ id }) => id)
          const known = new Set(ids(base))
          return ids(headSha).filter((id) => !known.has(id))
        },
        login: { username: 'flux', password: tokens.flux },
        alice: personHand(ask(tokens.alice), 'alice'),
        bob: personHand(ask(tokens.bob), 'bob'),
        ci: botHand(ask(tokens.ci)),
        ask: ask(tokens.ci),
      }
    },
    async close() {
      await github.close()
      await git.close()
    },
  }
}

/** The same view of a repository as of one at the plain Git server; its history is that of first parents. */
function hostedGitops(git: GitHost, control: RepositoryControl): Gitops {
  const name = control.fullName()
  const filesOf = (parent: string | undefined, id: string) => {
    const [before, after] = [parent === undefined ? new Map() : git.readFiles(name, parent), git.readFiles(name, id)]
    const paths = new Set([...before.keys(), ...after.keys()])
    return [...paths].filter((path) => before.get(path) !== after.get(path))
  }
  const head = () => git.head(name, 'main') ?? ''
  return {
    url: control.url,
    commit: async (message, files) => git.commit(name, 'main', files, message),
    head: async () => head(),
    commitsSince: async (since) => {
      const history = git.log(name, 'main')
      const known = history.findIndex(({ id }) => id === since)
      return history
        .slice(0, known === -1 ? undefined : known)
        .reverse()
        .map(
          ({ id, author, message, parents }): Commit => ({
            id,
            author: author.replace(/ <.*$/, ''),
            subject: message.split('\n')[0] ?? '',
            message: message.trim(),
            files: filesOf(parents[0], id),
          }),
        )
    },
    file: async (revision, path) => git.readFile(name, revision, path) ?? '',
    contains: async (revision, commit) => git.log(name, revision).some(({ id }) => id === commit),
  }
}

/** How fairlead is told about repositories there. */
export interface HostedSettings {
  gitHub: Pick<GitHubLab, 'github' | 'token' | 'webhookSecret'>
  repositories: HostedRepositorySettings[]
}

export interface HostedRepositorySettings {
  url: string
  /** Whose workloads it holds. */
  namespace: string
  mode?: 'commit' | 'pull-request'
  signing?: { format: 'github' }
  pullRequest?: object
}

/** Writes a file that only the user may read, and says where it is. */
export type Secret = (name: string, text: string) => Promise<string>

/** One entry of `git.repositories`. */
export async function gitHubRepository(
  { url, namespace, mode, signing, pullRequest }: HostedRepositorySettings,
  { gitHub }: HostedSettings,
  secret: Secret,
): Promise<object> {
  return {
    url,
    insecure: true,
    credentials: { tokenFile: await secret('github-token', gitHub.token) },
    host: { type: 'github', apiURL: gitHub.github.apiUrl },
    namespaces: [namespace],
    allowPaths: ['apps/**'],
    ...(mode && { mode }),
    ...(signing && { signing }),
    ...(pullRequest && { pullRequest }),
  }
}

/** One entry of `webhooks.receivers`. */
export async function gitHubReceiver({ gitHub }: HostedSettings, secret: Secret): Promise<object> {
  return { name: 'github', type: 'github', secretFile: await secret('github-webhook-secret', gitHub.webhookSecret) }
}

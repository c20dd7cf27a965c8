import { type Exchange, sendText } from '../loopback.ts'
import { hasRole } from './account.ts'
import { GitHubFailure } from './failure.ts'
import { fullName, type HostedRepository, roleOf } from './hosted-repository.ts'
import type { Site } from './site.ts'
import { checkToken, type Token, type Tokens } from './token.ts'

const gitPath = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(?:info\/refs|git-upload-pack|git-receive-pack)$/

/** Whether the smart protocol of Git is spoken here. */
export function isGitPath(path: string): boolean {
  return gitPath.test(path)
}

/** Answers Git clients; their password is a token. Renamed repositories are found under both names. */
export async function answerGit(site: Site, tokens: Tokens, exchange: Exchange): Promise<void> {
  const { request, response, url } = exchange
  const repository = site.find(decodeURIComponent(gitPath.exec(url.pathname)?.[1] ?? ''))
  if (repository === undefined) {
    sendText(response, 404, 'Repository not found.\n')
    return
  }
  const writes = url.pathname.endsWith('/git-receive-pack') || url.searchParams.get('service') === 'git-receive-pack'
  try {
    const token = tokens.authenticate(request.headers.authorization)
    if (token === undefined && (writes || repository.isPrivate)) throw new GitHubFailure(401, 'Authentication failed')
    checkToken(token, { permission: 'contents', level: writes ? 'write' : 'read' }, repository)
    const refusal = token !== undefined && writes ? whyNotPushed(repository, token) : undefined
    if (refusal !== undefined) throw new GitHubFailure(403, refusal)
    await site.git.serve(exchange, repository.git.name, token?.account.login)
  } catch (thrown) {
    if (!(thrown instanceof GitHubFailure)) throw thrown
    if (thrown.status === 401) response.setHeader('www-authenticate', 'Basic realm="GitHub"')
    sendText(response, thrown.status, `${thrown.message}\n`)
  }
}

function whyNotPushed(repository: HostedRepository, { account }: Token): string | undefined {
  if (repository.isArchived) return 'This repository was archived so it is read-only.'
  if (hasRole(roleOf(repository, account.login), 'write')) return undefined
  return `Permission to ${fullName(repository)}.git denied to ${account.login}.`
}

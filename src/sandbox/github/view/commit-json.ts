import { commitAt } from '../../git-host/git-object.ts'
import { fullName, type HostedRepository } from '../hosted-repository.ts'
import type { Site } from '../site.ts'
import { repositoryUrl } from './repository-json.ts'
import { nodeId, userJson } from './user-json.ts'

/** One commit of a list; an empty one when the repository does not have it. */
export function commitJson(site: Site, repository: HostedRepository, sha: string) {
  const commit = commitAt(repository.git.objects, sha)
  const root = repositoryUrl(site, repository)
  const page = `${site.url}/${fullName(repository)}/commit`
  const { author = '', time = 0, committer = '', committerTime = 0, tree = '', message = '' } = commit ?? {}
  return {
    url: `${root}/commits/${sha}`,
    sha,
    node_id: nodeId('Commit', sha),
    html_url: `${page}/${sha}`,
    comments_url: `${root}/commits/${sha}/comments`,
    commit: {
      url: `${root}/git/commits/${sha}`,
      author: signatureJson(author, time),
      committer: signatureJson(committer, committerTime),
      message: message.trimEnd(),
      comment_count: 0,
      tree: { sha: tree, url: `${root}/git/trees/${tree}` },
      verification: verificationJson(site, sha),
    },
    author: accountOf(site, author),
    committer: accountOf(site, committer),
    parents: (commit?.parents ?? []).map((parent) => ({
      sha: parent,
      url: `${root}/commits/${parent}`,
      html_url: `${page}/${parent}`,
    })),
  }
}

function signatureJson(person: string, time: number) {
  const { name, email } = parsePerson(person)
  return { name, email, date: new Date(time * 1000).toISOString() }
}

function parsePerson(person: string): { name: string; email: string } {
  const [, name = '', email = ''] = /^(.*?) ?<(.*)>$/.exec(person) ?? []
  return { name, email }
}

function accountOf(site: Site, person: string) {
  const account = site.accounts.byEmail(parsePerson(person).email)
  return account === undefined ? null : userJson(site, account)
}

/** Only what the site made itself counts as signed. */
function verificationJson({ signed }: Site, sha: string) {
  const verified = signed.has(sha)
  return {
    verified,
    reason: verified ? 'valid' : 'unsigned',
    signature: verified ? '-----BEGIN PGP SIGNATURE-----\n\nsandbox\n-----END PGP SIGNATURE-----\n' : null,
    payload: null,
    verified_at: null,
  }
}

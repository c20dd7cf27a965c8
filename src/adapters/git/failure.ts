import { FairleadError } from '../../errors.ts'

const wordsLimit = 500

/** Words of a server, fit for a condition: one line, no control characters, no credentials in addresses, capped. */
export function serverWords(text: string): string {
  return text
    .replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1')
    .replace(/(authorization:\s*)(?:basic|bearer)?\s*\S+/gi, '$1[redacted]')
    .replace(/[\0-\x1f\x7f]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, wordsLimit)
}

/** Words of GitHub to a push. */
export const archivedWords = /\brepository was archived\b/i

export function archivedRepository(url: string): FairleadError {
  const mend = 'unarchive it, or take it out of git.repositories'
  return new FairleadError('HostArchived', `${url} took no push: the repository is archived and read-only; ${mend}`)
}

/** The server refused the login, or the login may not do this. */
export function authFailed(url: string, words: string): FairleadError {
  const said = words === '' ? '' : `: ${words}`
  const mend = 'look whether its credentials in git.repositories are valid and may read and push (GitHub: Contents)'
  return new FairleadError('GitAuthFailed', `${url} did not accept the credentials${said}; ${mend}`)
}

export interface RefusedRef {
  how: 'append' | 'replace'
  url: string
  ref: string
  commit: string
  /** Why, in brackets after `[rejected]` or `[remote rejected]`, or after `ng` on the wire. */
  reason: string
  /** What the server printed beside it. */
  words: string
}

const moved =
  /non-fast-forward|fetch first|stale info|needs force|cannot lock ref|failed to (?:lock|update ref)|incorrect old value|reference already exists|already exists/i
const broken = /unpacker error|unpack failed|index-pack|internal server error|no space left|temporary|timed? ?out/i

/**
 * What a refused ref update means. Sources for the wordings: git's send-pack, Kargo's push tests, GitLab's
 * "incorrect old value provided", GitHub's GH006 and GH013.
 */
export function refusedRef({ how, url, ref, commit, reason, words }: RefusedRef): FairleadError {
  const said = serverWords(`${reason} ${words}`)
  const lock = /cannot lock ref\b.*?\bis at ([0-9a-f]{40})/is.exec(`${reason} ${words}`)
  if (lock?.[1] === commit) {
    // git repeats a push whose answer was lost, and then trips over its own first success.
    return new FairleadError('GitUnavailable', `the answer to the push of ${ref} to ${url} was lost: ${said}`)
  }
  if (how === 'replace' && /non-fast-forward/i.test(reason)) {
    return new FairleadError('PushRefused', `${url} does not let ${ref} be rewritten: ${said}`)
  }
  if (moved.test(reason)) return new FairleadError('PushRejected', `${ref} of ${url} has moved: ${said}`)
  if (/declined|protected|GH0\d\d/i.test(said)) {
    return new FairleadError('PushRefused', `${url} refused the push to ${ref}: ${said}`)
  }
  if (broken.test(said)) return new FairleadError('GitUnavailable', `${url} could not take the push: ${said}`)
  return new FairleadError('PushRefused', `${url} refused the push to ${ref}: ${said}`)
}

import { FairleadError } from '../../errors.ts'

/** The parts of a repository address that decide whether two addresses mean the same repository. */
export interface RepositoryAddress {
  protocol: 'http' | 'https' | 'ssh'
  /** Lower case, with the port when it is not the protocol's own. */
  host: string
  /** Without leading and trailing slashes and without `.git`. */
  path: string
}

const defaultPort = { http: '80', https: '443', ssh: '22' }

/**
 * Reads `https://`, `http://` and `ssh://` addresses and the scp-like `user@host:path`. `ConfigInvalid` for anything
 * else: other transports (`file:`, `ext::`), options in disguise, control characters, `..` in the path.
 */
export function parseRepositoryUrl(url: string): RepositoryAddress {
  if (url.length > 2048 || /[\0-\x20\x7f\\]/.test(url) || url.startsWith('-')) throw unusable(url)
  const scp = /^(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/|:)(.+)$/.exec(url)
  if (scp && !/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return address('ssh', scp[1] ?? '', scp[2] ?? '', url)
  const match = /^(https?|ssh):\/\/(?:[^/@]*@)?([^/@?#]+)\/([^?#]+)$/i.exec(url)
  if (!match) throw unusable(url)
  return address((match[1] ?? '').toLowerCase() as RepositoryAddress['protocol'], match[2] ?? '', match[3] ?? '', url)
}

function address(
  protocol: RepositoryAddress['protocol'],
  authority: string,
  rest: string,
  url: string,
): RepositoryAddress {
  const host = /^([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/i.exec(authority)
  const path = rest.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  const escaped = /%(?:0[0-9a-f]|1[0-9a-f]|2e|2f|5c|7f)/i.test(path)
  if (!host || path === '' || path.startsWith('-') || escaped || path.split('/').includes('..')) throw unusable(url)
  const port = host[2]
  const name = (host[1] ?? '').toLowerCase()
  return { protocol, host: port === undefined || port === defaultPort[protocol] ? name : `${name}:${port}`, path }
}

/**
 * The name under which a repository is matched: `host/path`, without scheme, user, default port and `.git`, the host
 * in lower case. So `git@gitlab.com:foo/bar.git` and `https://GitLab.com/foo/bar` are the same repository.
 */
export function normaliseRepositoryUrl(url: string): string {
  const { host, path } = parseRepositoryUrl(url)
  return `${host}/${path}`
}

/** The address without user and password, for messages. Never throws, so that it can be used in error texts. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1').slice(0, 300)
}

function unusable(url: string): FairleadError {
  return new FairleadError(
    'ConfigInvalid',
    `"${withoutCredentials(url)}" is not a repository address; use https://host/path, ssh://user@host/path or user@host:path`,
  )
}

import { parseRepositoryUrl, withoutCredentials } from '../../core/change/repository-url.ts'
import { FairleadError } from '../../errors.ts'

/** Where a login comes from. Files are read again when they change; `token` is for logins that are made at run time. */
export type GitCredentials =
  | { tokenFile: string }
  | { usernameFile: string; passwordFile: string }
  | { sshKeyFile: string; knownHostsFile: string }
  | { token: () => Promise<string> }

/** One remote repository, as configured. */
export interface GitSettings {
  /** `https://`, `http://` (only with `insecure`), `ssh://` or scp-like; never with a password in it. */
  url: string
  backend: 'auto' | 'native' | 'isomorphic'
  credentials?: GitCredentials
  /** PEM file of authorities trusted for this host. */
  caFile?: string
  /** Plain http is allowed. Certificates of https are always checked. */
  insecure: boolean
  /** Folder for local copies; each repository gets its own folder below it. */
  cacheDir: string
}

/** Checked facts of the settings that both backends need. */
export interface Remote {
  url: string
  protocol: 'http' | 'https' | 'ssh'
  /** `https://host[:port]/`, for settings that hold for one host only. */
  origin: string
}

/** Refuses with `ConfigInvalid` what could be more than an address of a remote repository. */
export function checkRemote(settings: Pick<GitSettings, 'url' | 'insecure' | 'credentials'>): Remote {
  const { url } = settings
  const { protocol, host } = parseRepositoryUrl(url)
  const shown = withoutCredentials(url)
  if (url !== shown && (protocol !== 'ssh' || /^ssh:\/\/[^/@]*:[^/@]*@/i.test(url))) {
    throw new FairleadError('ConfigInvalid', `${shown}: credentials do not belong into a URL; configure them as files`)
  }
  if (protocol === 'http' && !settings.insecure) {
    throw new FairleadError('ConfigInvalid', `${shown}: plain http is refused; use https, or set insecure: true`)
  }
  const hasKey = settings.credentials !== undefined && 'sshKeyFile' in settings.credentials
  if (settings.credentials !== undefined && hasKey !== (protocol === 'ssh')) {
    const wanted = protocol === 'ssh' ? 'sshKeyFile and knownHostsFile' : 'tokenFile or usernameFile and passwordFile'
    throw new FairleadError('ConfigInvalid', `${shown}: ${protocol} needs ${wanted} as credentials`)
  }
  return { url, protocol, origin: `${protocol}://${host}/` }
}

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { normaliseRepositoryUrl, withoutCredentials } from '../../core/change/repository-url.ts'
import { FairleadError } from '../../errors.ts'
import type { Clock, GitRepository, Http, Log } from '../../ports.ts'
import type { Backend } from './backend.ts'
import { createAuthorization } from './credential.ts'
import { createIsomorphicBackend } from './isomorphic/backend.ts'
import { createNativeBackend } from './native/backend.ts'
import { createMirror } from './native/mirror.ts'
import { createRunner } from './native/runner.ts'
import { createSshKey } from './native/ssh-key.ts'
import { createRepository } from './repository.ts'
import { checkRemote, type GitSettings, type Remote } from './settings.ts'
import { createCacheFolder } from './store-folder.ts'

export interface GitDependencies {
  /** Used by the isomorphic backend; authorities and `insecure` of a host are the client's own settings. */
  http: Http
  log: Log
  clock: Clock
  /** Learns secrets, so that the log can hide them. */
  seen?: (secret: string) => void
}

/**
 * Opens one remote repository. Nothing is asked from the remote yet. `auto` takes the git binary when it answers, else
 * the in-process implementation; the `backend` property says which. `ConfigInvalid` for a bad address or login, or a cache folder that cannot be written.
 */
export async function createGitRepository(settings: GitSettings, deps: GitDependencies): Promise<GitRepository> {
  const remote = checkRemote(settings)
  const url = withoutCredentials(settings.url)
  createCacheFolder(settings.cacheDir)
  const backend = (await isNative(settings, remote))
    ? openNative(settings, remote, deps)
    : openIsomorphic(settings, remote, deps)
  return createRepository({ url, backend, clock: deps.clock, log: deps.log })
}

async function isNative(settings: GitSettings, remote: Remote): Promise<boolean> {
  if (settings.backend === 'isomorphic') return false
  const gitDir = join(settings.cacheDir, 'git')
  const run = createRunner({ gitDir, protocol: remote.protocol, origin: remote.origin })
  const answers = await run({ args: ['version'], timeoutMs: 10_000 }).then(
    () => true,
    () => false,
  )
  if (answers || settings.backend === 'auto') return answers
  throw new FairleadError('ConfigInvalid', 'git.backend is native, but there is no git binary; install it or use auto')
}

function openNative(settings: GitSettings, remote: Remote, deps: GitDependencies): Backend {
  const { credentials } = settings
  const gitDir = storeFolder(settings, 'native')
  const key =
    credentials !== undefined && 'sshKeyFile' in credentials
      ? createSshKey(credentials, storeFolder(settings, 'ssh'))
      : undefined
  return createNativeBackend({
    url: withoutCredentials(remote.url),
    gitDir,
    mirror: createMirror({ gitDir, url: remote.url, caFile: settings.caFile, sshCommand: key?.command }),
    run: createRunner({ gitDir, protocol: remote.protocol, origin: remote.origin }),
    authorization: createAuthorization(credentials, deps.seen),
    prepareKey: async () => key?.prepare(),
  })
}

function openIsomorphic(settings: GitSettings, remote: Remote, deps: GitDependencies): Backend {
  const url = withoutCredentials(remote.url)
  if (remote.protocol === 'ssh') {
    throw new FairleadError('ConfigInvalid', `${url}: ssh needs the git binary; use https or install git`)
  }
  return createIsomorphicBackend({
    url,
    gitDir: storeFolder(settings, 'isomorphic'),
    http: deps.http,
    authorization: createAuthorization(settings.credentials, deps.seen),
  })
}

/** One folder per repository and backend; the name is a hash, so no part of an address becomes a path. */
function storeFolder({ cacheDir, url }: GitSettings, kind: string): string {
  const name = createHash('sha256').update(normaliseRepositoryUrl(url)).digest('hex').slice(0, 16)
  return join(cacheDir, 'git', `${name}.${kind}`)
}

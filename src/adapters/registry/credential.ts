import { z } from 'zod'
import { FairleadError } from '../../errors.ts'
import { createMountedFile } from '../../runtime/mounted-file.ts'
import { registryName } from './host.ts'

/** How we introduce ourselves to a registry. */
export type Credential =
  | { type: 'basic'; username: string; password: string }
  /** A refresh token that the token endpoint exchanges. */
  | { type: 'identity'; token: string }

export function isBasic(credential: Credential): credential is Extract<Credential, { type: 'basic' }> {
  return credential.type === 'basic'
}

/** Where the credentials of one host come from: a docker config.json, Secrets, or the identity of the pod. */
export interface CredentialSource {
  /** What messages call it, e.g. the file's path. */
  readonly name: string
  /** `ConfigInvalid` says what is missing; files are read again when they change. */
  find(registry: string, repository: string): Promise<Credential>
}

const entrySchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
})
type Entry = z.infer<typeof entrySchema>

const configSchema = z.object({
  auths: z.record(z.string(), entrySchema).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
})
export type DockerConfig = z.infer<typeof configSchema>

export function createCredentialSource(
  path: string,
  secretSeen: (secret: string) => void = () => {},
): CredentialSource {
  const file = createMountedFile({ path, parse: (content) => parseDockerConfig(content, path) })
  return {
    name: path,
    async find(registry, repository) {
      const credential = findCredential(await file.read(), { path, registry, repository })
      if (credential === undefined) {
        const message = `${path}: auths has no entry for ${registry}; add one or remove credentialsFile`
        throw new FairleadError('ConfigInvalid', message)
      }
      secretSeen(credential.type === 'basic' ? credential.password : credential.token)
      return credential
    },
  }
}

/** JSON.parse quotes what it stumbles over, which here would be a password: its words are not passed on. */
export function parseDockerConfig(content: string, path: string): DockerConfig {
  let json: unknown
  try {
    json = JSON.parse(content)
  } catch {
    throw new FairleadError('ConfigInvalid', `${path} is not JSON; a docker config.json is wanted`)
  }
  const checked = configSchema.safeParse(json)
  if (checked.success) return checked.data
  const where = checked.error.issues[0]?.path.join('.') ?? ''
  throw new FairleadError(
    'ConfigInvalid',
    `${path}: ${where === '' ? 'the file' : where} has the wrong type for a docker config.json`,
  )
}

interface Wanted {
  /** The file or Secret, for messages. */
  path: string
  registry: string
  repository: string
}

/** Undefined without an entry for the host; `ConfigInvalid` for one that cannot be used, such as a helper's. */
export function findCredential(config: DockerConfig, wanted: Wanted): Credential | undefined {
  const { path, registry } = wanted
  const helper = Object.entries(config.credHelpers ?? {}).find(([key]) => splitKey(key).host === registry)
  if (helper !== undefined) {
    const key = `credHelpers["${helper[0]}"]`
    throw new FairleadError(
      'ConfigInvalid',
      `${path}: ${key} names a credential helper; helpers are not run, write an auths entry`,
    )
  }
  const found = bestEntry(config.auths ?? {}, wanted)
  if (found !== undefined && !isEmpty(found.entry)) return credentialOf(found.entry, `${path}: auths["${found.key}"]`)
  if (config.credsStore !== undefined) {
    throw new FairleadError(
      'ConfigInvalid',
      `${path}: credsStore keeps the credentials of ${registry} elsewhere; write an auths entry`,
    )
  }
  return undefined
}

/** The entry with the longest path that leads to the repository, as the kubelet and podman choose. */
function bestEntry(auths: Record<string, Entry>, { registry, repository }: Wanted) {
  const fitting = Object.entries(auths)
    .map(([key, entry]) => ({ key, entry, ...splitKey(key) }))
    .filter(({ host, path }) => host === registry && (path === '' || `${repository}/`.startsWith(`${path}/`)))
  return fitting.sort((a, b) => b.path.length - a.path.length)[0]
}

/** `https://index.docker.io/v1/` → docker.io; API version paths say nothing. */
function splitKey(key: string): { host: string; path: string } {
  const [authority = '', ...segments] = key.replace(/^https?:\/\//, '').split('/')
  const path = segments.filter((segment) => segment !== '').join('/')
  return { host: registryName(authority), path: /^v[12]$/.test(path) ? '' : path }
}

/** Docker leaves an empty entry behind for what it moved into a store. */
function isEmpty(entry: Entry): boolean {
  return [entry.auth, entry.username, entry.password, entry.identitytoken].every(
    (value) => value === undefined || value === '',
  )
}

function credentialOf(entry: Entry, where: string): Credential {
  if (entry.identitytoken !== undefined && entry.identitytoken !== '')
    return { type: 'identity', token: entry.identitytoken }
  if (entry.auth !== undefined && entry.auth !== '') return decodeAuth(entry.auth, where)
  const { username = '', password = '' } = entry
  if (username === '' || password === '') {
    throw new FairleadError('ConfigInvalid', `${where} needs auth, or username and password, or identitytoken`)
  }
  return { type: 'basic', username, password }
}

function decodeAuth(auth: string, where: string): Credential {
  const text = Buffer.from(auth, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1 || colon === text.length - 1) {
    throw new FairleadError('ConfigInvalid', `${where}.auth is not base64 of username:password`)
  }
  // Some tools pad the password with NUL bytes; docker cuts them off too.
  return { type: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') }
}

import { isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { FairleadError } from '../../errors.ts'

/** One context of a kubeconfig file with the cluster and the user it names. */
export interface KubeconfigContext {
  name: string
  /** Namespace of the context; empty when it names none. */
  namespace: string
  cluster: KubeconfigCluster
  user: KubeconfigUser
}

/** How the API server is reached and recognised. Paths are as written, relative to the file's folder. */
export interface KubeconfigCluster {
  name: string
  /** `http` or `https` URL without a trailing slash. */
  server: string
  caFile?: string
  /** Base64 of PEM. */
  caData?: string
  tlsServerName?: string
  skipTLSVerify: boolean
  proxyUrl?: string
}

/** Who we are. All absent = anonymous. */
export interface KubeconfigUser {
  name: string
  token?: string
  tokenFile?: string
  certFile?: string
  certData?: string
  keyFile?: string
  keyData?: string
  username?: string
  password?: string
  impersonateUser?: string
  exec?: KubeconfigExec
  /** The older plug-ins (`oidc`, `gcp`, `azure`), as written. */
  authProvider?: unknown
}

/** A credential plug-in: a program that prints an ExecCredential. */
export interface KubeconfigExec {
  apiVersion: string
  command: string
  args: string[]
  env: { name: string; value: string }[]
}

type Path = readonly (string | number)[]

const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/
const maxLength = 1024 * 1024

/**
 * One context of a kubeconfig file (the current one when `context` is empty), checked as far as fairlead uses it.
 * Throws `KubeconfigInvalid` with file, line and key; values are never shown, they may be secret. Format:
 * kubernetes.io/docs/reference/config-api/kubeconfig.v1.
 */
export function readKubeconfig(text: string, source: { file: string; context: string }): KubeconfigContext {
  const reader = createReader(text, source.file)
  const wanted = source.context === '' ? reader.required(['current-context']) : source.context
  const contextPath = reader.named('contexts', wanted, source.context === '' ? ['current-context'] : ['contexts'])
  const clusterName = reader.required([...contextPath, 'context', 'cluster'])
  const userName = reader.text([...contextPath, 'context', 'user']) ?? ''
  return {
    name: wanted,
    namespace: reader.text([...contextPath, 'context', 'namespace']) ?? '',
    cluster: readCluster(reader, clusterName, [...contextPath, 'context', 'cluster']),
    user: userName === '' ? { name: 'anonymous' } : readUser(reader, userName, [...contextPath, 'context', 'user']),
  }
}

function readCluster(reader: Reader, name: string, namedBy: Path): KubeconfigCluster {
  const path = [...reader.named('clusters', name, namedBy), 'cluster']
  const server = reader.required([...path, 'server'])
  if (!/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(server)) {
    reader.fail([...path, 'server'], 'is not an http or https URL; write https://host:port, without user or query')
  }
  return {
    name,
    server: server.replace(/\/+$/, ''),
    ...present('caFile', reader.text([...path, 'certificate-authority'])),
    ...present('caData', reader.base64([...path, 'certificate-authority-data'])),
    ...present('tlsServerName', reader.text([...path, 'tls-server-name'])),
    skipTLSVerify: reader.flag([...path, 'insecure-skip-tls-verify']),
    ...present('proxyUrl', reader.text([...path, 'proxy-url'])),
  }
}

function readUser(reader: Reader, name: string, namedBy: Path): KubeconfigUser {
  const path = [...reader.named('users', name, namedBy), 'user']
  const text = (key: string) => reader.text([...path, key])
  return {
    name,
    ...present('token', text('token')),
    ...present('tokenFile', text('tokenFile')),
    ...present('certFile', text('client-certificate')),
    ...present('certData', reader.base64([...path, 'client-certificate-data'])),
    ...present('keyFile', text('client-key')),
    ...present('keyData', reader.base64([...path, 'client-key-data'])),
    ...present('username', text('username')),
    ...present('password', text('password')),
    ...present('impersonateUser', text('as')),
    ...present('exec', readExec(reader, [...path, 'exec'])),
    ...present('authProvider', reader.plain([...path, 'auth-provider'])),
  }
}

function readExec(reader: Reader, path: Path): KubeconfigExec | undefined {
  if (!reader.has(path)) return undefined
  if (reader.text([...path, 'interactiveMode']) === 'Always') {
    reader.fail([...path, 'interactiveMode'], 'asks for a terminal, and fairlead has none; use a token file instead')
  }
  const env = reader.indices([...path, 'env']).map((at) => ({
    name: reader.required([...path, 'env', at, 'name']),
    value: reader.text([...path, 'env', at, 'value']) ?? '',
  }))
  return {
    apiVersion: reader.required([...path, 'apiVersion']),
    command: reader.required([...path, 'command']),
    args: reader.indices([...path, 'args']).map((at) => reader.text([...path, 'args', at]) ?? ''),
    env,
  }
}

interface Reader {
  text(path: Path): string | undefined
  required(path: Path): string
  base64(path: Path): string | undefined
  flag(path: Path): boolean
  plain(path: Path): unknown
  has(path: Path): boolean
  indices(path: Path): readonly number[]
  /** Path of the entry with that name in one of the file's three lists. */
  named(list: 'contexts' | 'clusters' | 'users', name: string, namedBy: Path): Path
  fail(path: Path, problem: string): never
}

/** Reads by path and knows the line of each key, so that every complaint can name it. */
function createReader(source: string, file: string): Reader {
  if (source.length > maxLength) throw new FairleadError('KubeconfigInvalid', `${file} is larger than 1 MiB`)
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const [error] = document.errors
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0])
    throw new FairleadError('KubeconfigInvalid', `${file}:${line}: not valid YAML (${error.code}); mend the line`)
  }

  const lineOf = (path: Path): number => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as Node | undefined
      if (node?.range) return lines.linePos(node.range[0]).line
    }
    return 1
  }
  const fail = (path: Path, problem: string): never => {
    throw new FairleadError('KubeconfigInvalid', `${file}:${lineOf(path)}: ${dotted(path)} ${problem}`)
  }
  const text = (path: Path): string | undefined => {
    const value = document.getIn(path)
    if (value === undefined || value === null || value === '') return undefined
    return typeof value === 'string' ? value : fail(path, 'must be text; put it in quotes')
  }
  const indices = (path: Path): readonly number[] => {
    const node = document.getIn(path)
    if (node === undefined || node === null) return []
    return isSeq(node) ? node.items.map((_, index) => index) : fail(path, 'must be a list')
  }

  return {
    text,
    indices,
    fail,
    required: (path) => text(path) ?? fail(path, 'is missing'),
    has: (path) => document.hasIn(path),
    base64(path) {
      const value = text(path)
      return value === undefined || base64.test(value) ? value : fail(path, 'is not base64')
    },
    flag(path) {
      const value = document.getIn(path) ?? false
      return typeof value === 'boolean' ? value : fail(path, 'must be true or false')
    },
    plain(path) {
      const node = document.getIn(path, true) as Node | undefined
      return node?.toJS(document, { maxAliasCount: 20 })
    },
    named(list, name, namedBy) {
      const at = indices([list]).find((index) => document.getIn([list, index, 'name']) === name)
      return at === undefined ? fail(namedBy, `names ${quoted(name)}, which is not in ${list}`) : [list, at]
    },
  }
}

/** `users[2].user.token`. */
function dotted(path: Path): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 253))
}

function present<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]?: V })
}

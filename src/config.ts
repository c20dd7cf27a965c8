import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import { type ConfigMistake, crossChecks, renderPath } from './config-check.ts'
import { type Config, configSchema } from './config-schema.ts'
import { suggestion } from './config-suggestion.ts'
import { FairleadError } from './errors.ts'

/** Of this package. */
export const version: string = manifest.version

const maxBytes = 1024 * 1024
const maxDepth = 32

/** Reads, checks and freezes the configuration. `ConfigInvalid` carries every mistake at once as evidence. */
export async function loadConfig(path: string): Promise<Config> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new FairleadError('ConfigInvalid', `${path}: cannot be read; check the path and its permissions`, { cause })
  }
  return parseConfig(path, text)
}

/** The same for text already read; `path` only names the file in messages. */
export function parseConfig(path: string, text: string): Config {
  const { value, lineOf } = parseYaml(path, text)
  const result = configSchema.safeParse(value ?? {})
  const mistakes = result.success
    ? crossChecks(result.data, lineOf)
    : result.error.issues.flatMap((i) => explain(i, lineOf))
  if (result.success && mistakes.length === 0) return deepFreeze(result.data)
  const evidence = mistakes.map(
    ({ path: key, line, message }) => `${path}:${line || 1}: ${key || '(file)'}: ${message}`,
  )
  throw new FairleadError('ConfigInvalid', `${path} has ${count(mistakes.length, 'mistake')}`, { evidence })
}

/** The environment fairlead reads; nothing else in the program looks at it. */
export interface Environment {
  configPath: string | undefined
  /** URL of the API that verbs such as `approve` talk to. */
  server: string | undefined
  /** As kubectl takes it; of several files the first counts. */
  kubeconfig: string | undefined
  home: string | undefined
  podName: string | undefined
  podNamespace: string | undefined
  podIp: string | undefined
  /** `HOST:PORT` of an emulator of Pub/Sub. */
  pubsubEmulator: string | undefined
  /** What workload identity webhooks tell a pod; registries with `auth` are asked with it. */
  cloud: CloudVariables
}

type CloudVariables = Readonly<Record<keyof typeof cloudVariables, string | undefined>>

const cloudVariables = {
  awsRoleArn: 'AWS_ROLE_ARN',
  awsWebIdentityTokenFile: 'AWS_WEB_IDENTITY_TOKEN_FILE',
  awsContainerCredentialsFullUri: 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  awsContainerAuthorizationTokenFile: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  googleApplicationCredentials: 'GOOGLE_APPLICATION_CREDENTIALS',
  azureClientId: 'AZURE_CLIENT_ID',
  azureTenantId: 'AZURE_TENANT_ID',
  azureFederatedTokenFile: 'AZURE_FEDERATED_TOKEN_FILE',
  azureAuthorityHost: 'AZURE_AUTHORITY_HOST',
} as const

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    configPath: env['FAIRLEAD_CONFIG'],
    server: env['FAIRLEAD_SERVER'],
    kubeconfig: env['KUBECONFIG'],
    home: env['HOME'],
    podName: env['POD_NAME'],
    podNamespace: env['POD_NAMESPACE'],
    podIp: env['POD_IP'],
    pubsubEmulator: env['PUBSUB_EMULATOR_HOST'],
    cloud: Object.fromEntries(
      Object.entries(cloudVariables).map(([name, variable]) => [name, env[variable]]),
    ) as CloudVariables,
  }
}

function parseYaml(path: string, text: string): { value: unknown; lineOf: (keys: readonly PropertyKey[]) => number } {
  if (text.length > maxBytes) throw new FairleadError('ConfigInvalid', `${path}: larger than 1 MiB`)
  const deep = nestingBeyond(text, maxDepth)
  if (deep > 0) throw new FairleadError('ConfigInvalid', `${path}:${deep}: nested deeper than ${maxDepth} levels`)
  const lines = new LineCounter()
  const document = parseSafely(path, text, lines)
  const errors = document.errors.map((e) => `${path}:${lines.linePos(e.pos[0]).line}: ${e.message}`)
  if (errors.length > 0) throw new FairleadError('ConfigInvalid', `${path} is not valid YAML`, { evidence: errors })
  const lineOf = (keys: readonly PropertyKey[]) => {
    for (let length = keys.length; length > 0; length--) {
      const node = document.getIn(keys.slice(0, length), true)
      const range = node !== null && typeof node === 'object' && 'range' in node ? node.range : undefined
      if (Array.isArray(range) && typeof range[0] === 'number') return lines.linePos(range[0]).line
    }
    return 0
  }
  return { value: document.toJS({ maxAliasCount: 100 }), lineOf }
}

/** Indentation can nest deeply too; the parser then runs out of stack, which is an error like any other. */
function parseSafely(path: string, text: string, lineCounter: LineCounter) {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false })
  } catch (cause) {
    throw new FairleadError('ConfigInvalid', `${path} cannot be read as YAML`, { cause })
  }
}

/**
 * Line where brackets first nest deeper than `limit`, or 0. Runs before the parser, because deeply
 * nested flow collections can exhaust its recursion and abort the process.
 */
function nestingBeyond(text: string, limit: number): number {
  let open = 0
  let line = 1
  for (const char of text) {
    if (char === '\n') line++
    else if (char === '[' || char === '{') open++
    else if (char === ']' || char === '}') open = Math.max(0, open - 1)
    if (open > limit) return line
  }
  return 0
}

function explain(issue: z.core.$ZodIssue, lineOf: (keys: readonly PropertyKey[]) => number): ConfigMistake[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const at = [...issue.path, key]
      return { path: renderPath(at), line: lineOf(at), message: `unknown key${suggestion(key, issue.path)}` }
    })
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const choice = issue.discriminator === 'provider' ? 'aws, gcp or azure' : 'ssh or github'
    const message = `needs ${issue.discriminator}: ${choice}`
    return [{ path: renderPath(issue.path), line: lineOf(issue.path), message }]
  }
  if (issue.code === 'invalid_union') {
    const [meant, ...others] = issue.errors.filter((mistakes) => mistakes.every(({ path }) => path.length > 0))
    if (meant !== undefined && others.length === 0) {
      return meant.flatMap((inner) => explain({ ...inner, path: [...issue.path, ...inner.path] }, lineOf))
    }
    const message =
      'has the wrong shape; expected one of tokenFile | usernameFile + passwordFile | sshKeyFile + knownHostsFile | githubApp'
    return [{ path: renderPath(issue.path), line: lineOf(issue.path), message }]
  }
  // Zod's words speak of the language that it is written in.
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  const message = isMissing ? 'is missing' : issue.message
  return [{ path: renderPath(issue.path), line: lineOf(issue.path), message }]
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

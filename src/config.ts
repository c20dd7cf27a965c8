import { readFile } from 'node:fs/promises'
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import { type Config, configSchema } from './config-schema.ts'
import { FairleadError } from './errors.ts'

/** Of this package. */
export const version: string = manifest.version

/** One mistake in the configuration file. */
export interface ConfigMistake {
  /** Dotted path of the key, e.g. `git.repositories[0].url`. */
  path: string
  /** 1-based; 0 when the key is missing altogether. */
  line: number
  message: string
}

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
  podName: string | undefined
  podNamespace: string | undefined
  podIp: string | undefined
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    configPath: env['FAIRLEAD_CONFIG'],
    podName: env['POD_NAME'],
    podNamespace: env['POD_NAMESPACE'],
    podIp: env['POD_IP'],
  }
}

function parseYaml(path: string, text: string): { value: unknown; lineOf: (keys: readonly PropertyKey[]) => number } {
  if (text.length > maxBytes) throw new FairleadError('ConfigInvalid', `${path}: larger than 1 MiB`)
  const deep = nestingBeyond(text, maxDepth)
  if (deep > 0) throw new FairleadError('ConfigInvalid', `${path}:${deep}: nested deeper than ${maxDepth} levels`)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
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
  if (issue.code === 'invalid_union') {
    const message =
      'has the wrong shape; expected one of tokenFile | usernameFile + passwordFile | sshKeyFile + knownHostsFile'
    return [{ path: renderPath(issue.path), line: lineOf(issue.path), message }]
  }
  return [{ path: renderPath(issue.path), line: lineOf(issue.path), message: issue.message }]
}

/** Rules that concern more than one key. */
function crossChecks(config: Config, lineOf: (keys: readonly PropertyKey[]) => number): ConfigMistake[] {
  const mistakes: ConfigMistake[] = []
  const add = (keys: PropertyKey[], message: string) =>
    mistakes.push({ path: renderPath(keys), line: lineOf(keys), message })
  const names = new Set<string>()
  config.webhooks.receivers.forEach((receiver, index) => {
    const keys = ['webhooks', 'receivers', index]
    if (names.has(receiver.name)) add([...keys, 'name'], `receiver ${receiver.name} is defined twice`)
    names.add(receiver.name)
    if (receiver.auth !== 'none' && receiver.secretFile === undefined) {
      add(keys, `auth ${receiver.auth} needs secretFile (or set auth: none to accept hints from anybody)`)
    }
  })
  config.git.repositories.forEach((repository, index) => {
    const isPlain = repository.url.startsWith('http://')
    if (isPlain && !repository.insecure) add(['git', 'repositories', index, 'url'], 'plain http needs insecure: true')
  })
  return mistakes
}

function renderPath(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('')
}

/** Keys known at a place of the schema, to suggest one for a misspelt key. */
function suggestion(key: string, path: readonly PropertyKey[]): string {
  const known = knownKeys(path)
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  if (near !== undefined && near.distance <= Math.max(2, Math.floor(key.length / 3))) {
    return `; did you mean ${near.candidate}?`
  }
  return known.length > 0 ? `; known are ${known.join(', ')}` : ''
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema
  for (const key of path) {
    schema = unwrap(schema)
    const def = definitionOf(schema)
    if (def?.['type'] === 'array') schema = def['element']
    else if (def?.['type'] === 'object') schema = (def['shape'] as Record<PropertyKey, unknown>)[key]
    else return []
  }
  const def = definitionOf(unwrap(schema))
  return def?.['type'] === 'object' ? Object.keys(def['shape'] as object) : []
}

function definitionOf(schema: unknown): Record<string, unknown> | undefined {
  return (schema as { _zod?: { def?: Record<string, unknown> } } | undefined)?._zod?.def
}

/** The schema beneath defaults and optionals. */
function unwrap(schema: unknown): unknown {
  let inner = schema
  for (;;) {
    const def = definitionOf(inner)
    if (def?.['innerType'] === undefined) return inner
    inner = def['innerType']
  }
}

/** Levenshtein distance, for words of at most 64 characters. */
function editDistance(a: string, b: string): number {
  const [from, to] = [a.slice(0, 64), b.slice(0, 64)]
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
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

import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type Environment, readEnvironment } from '../config.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import { createSecretFile } from '../runtime/mounted-file.ts'
import { optionMistake } from './option-mistake.ts'

/** What every verb that talks to the API may be given. */
export const apiUsage = '[--token-file FILE | --kubeconfig FILE [--context C]] [--ca-file FILE] [--insecure] [-o json]'

/** Where the API is, and how to prove who we are; the token is never an argument, for others can read those. */
export interface ApiOptions {
  /** Without a slash at its end. */
  server: string
  caFile: string | undefined
  /** Plain http is allowed. */
  insecure: boolean
  /** Reads the token from its file or from the kubeconfig's user. */
  token: () => Promise<string>
}

export interface ApiArguments<Name extends string> extends ApiOptions {
  positionals: string[]
  values: Partial<Record<Name, string>>
  isJson: boolean
}

const common = {
  server: { type: 'string' },
  'token-file': { type: 'string' },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  'ca-file': { type: 'string' },
  insecure: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
} as const satisfies ParseArgsConfig['options']

/** Reads the arguments of a verb with its own options `names`. `UsageInvalid` with the usage line. */
export function readApiArguments<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
  usage: string,
  environment: Environment = readEnvironment(),
): ApiArguments<Name> {
  const wrong = (why: string) => new FairleadError('UsageInvalid', `${why}\n${usage} ${apiUsage}`)
  const { values, positionals } = parse(args, names, wrong)
  const { 'token-file': tokenFile, 'ca-file': caFile, insecure = false, output } = values
  if (output !== undefined && output !== 'json') throw wrong(`-o ${output}: only json is known.`)
  const server = serverOf(values.server ?? environment.server, insecure, wrong)
  const account = { kubeconfig: values.kubeconfig, context: values.context ?? '' }
  const token = () => (tokenFile === undefined ? accountToken(account, environment) : fileToken(tokenFile, wrong))
  const own = Object.fromEntries(Object.entries(values).filter(([name]) => names.some((one) => one === name)))
  return {
    ...{ server, caFile, insecure, token, positionals },
    isJson: output === 'json',
    values: own as Partial<Record<Name, string>>,
  }
}

/** The one `NAMESPACE/NAME` of a verb. */
export function readRequestName(positionals: readonly string[], usage: string): { namespace: string; name: string } {
  const [text = '', extra] = positionals
  const [namespace = '', name = '', rest] = text.split('/')
  if (extra === undefined && rest === undefined && namespace !== '' && name !== '') return { namespace, name }
  throw new FairleadError('UsageInvalid', `Exactly one NAMESPACE/NAME of an UpdateRequest is needed.\n${usage}`)
}

function parse(args: readonly string[], names: readonly string[], wrong: (why: string) => FairleadError) {
  const own = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { ...own, ...common } })
  } catch (thrown) {
    throw wrong(optionMistake(thrown, [...names, ...Object.keys(common)]))
  }
}

/** A token must not cross a network in the clear, unless somebody says that it may; loopback is no network. */
function serverOf(text: string | undefined, insecure: boolean, wrong: (why: string) => FairleadError): string {
  if (text === undefined || text === '') throw wrong('--server URL is missing; FAIRLEAD_SERVER works too.')
  if (!URL.canParse(text)) throw wrong(`--server ${text}: that is no URL, such as https://fairlead.example.com`)
  const { protocol, hostname, pathname, origin } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') throw wrong(`--server ${text}: only https and http are spoken.`)
  const isLoopback = /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(hostname)
  if (protocol === 'http:' && !isLoopback && !insecure) {
    throw wrong(`--server ${text}: your token would be readable on the way; use https, or say --insecure.`)
  }
  return `${origin}${pathname.replace(/\/+$/, '')}`
}

/** What is wrong with the file is the caller's mistake, and not one of a configuration. */
function fileToken(path: string, wrong: (why: string) => FairleadError): Promise<string> {
  return createSecretFile(path)
    .read()
    .catch((thrown) => {
      throw wrong(`--token-file: ${asFairleadError(thrown).message}`)
    })
}

/** kubectl's order: what is named, KUBECONFIG, the file in the home folder; in a pod its service account. */
async function accountToken(
  { kubeconfig, context }: { kubeconfig: string | undefined; context: string },
  environment: Environment,
): Promise<string> {
  const { readAccountToken } = await import('../main-token.ts')
  const named = kubeconfig ?? environment.kubeconfig?.split(':').find((path) => path !== '')
  if (named !== undefined) return readAccountToken({ kubeconfig: named, context })
  const atHome = join(environment.home ?? '/', '.kube', 'config')
  const isThere = await access(atHome).then(
    () => true,
    () => false,
  )
  if (isThere) return readAccountToken({ kubeconfig: atHome, context })
  return readAccountToken({ kubeconfig: '', context }).catch((cause) => {
    const looked = `KUBECONFIG is not set, ${atHome} is not there, and this is no pod with a service account`
    throw new FairleadError('KubeconfigInvalid', `no token: ${looked}; give --token-file FILE or --kubeconfig FILE`, {
      cause,
    })
  })
}

import { hostMistakes } from './config-host-check.ts'
import { notifyMistakes } from './config-notify.ts'
import { publisherMistakes } from './config-publisher.ts'
import { receiverMistakes } from './config-receiver.ts'
import { ruleMistakes, windowMistakes } from './config-rule.ts'
import type { Config } from './config-schema.ts'
import { normaliseRepositoryUrl, withoutCredentials } from './core/change/repository-url.ts'
import { asFairleadError } from './errors.ts'

/** One mistake in the configuration file. */
export interface ConfigMistake {
  /** Dotted path of the key, e.g. `git.repositories[0].url`. */
  path: string
  /** 1-based; 0 when the key is missing altogether. */
  line: number
  message: string
}

/** Mistakes that the schema cannot see: they concern several keys, or a language of their own. */
export function crossChecks(config: Config, lineOf: (keys: readonly PropertyKey[]) => number): ConfigMistake[] {
  const mistakes: ConfigMistake[] = []
  const add = (keys: PropertyKey[], message: string) =>
    mistakes.push({ path: renderPath(keys), line: lineOf(keys), message })
  const names = new Set<string>()
  config.webhooks.receivers.forEach((receiver, index) => {
    const keys = ['webhooks', 'receivers', index]
    if (names.has(receiver.name)) add([...keys, 'name'], `receiver ${receiver.name} is defined twice`)
    names.add(receiver.name)
    for (const message of receiverMistakes(receiver)) add(keys, message)
  })
  const keyNames = new Set<string>()
  config.keys.forEach(({ name }, index) => {
    if (keyNames.has(name)) add(['keys', index, 'name'], `key ${name} is defined twice`)
    keyNames.add(name)
  })
  config.registries.forEach(({ host, credentialsFile, auth, pullSecrets }, index) => {
    const ways = Object.entries({ credentialsFile, auth, pullSecrets }).filter(([, value]) => value !== undefined)
    if (ways.length < 2) return
    const names = ways.map(([name]) => name).join(' and ')
    add(['registries', index], `${host} has ${names}; one way to authenticate is enough, remove the others`)
  })
  const urls = new Set<string>()
  config.git.repositories.forEach((repository, index) => {
    const keys = ['git', 'repositories', index, 'url']
    const [address, problem] = addressOf(repository.url)
    if (problem !== undefined) add(keys, problem)
    if (urls.has(address)) add(keys, `${address} is configured twice`)
    urls.add(address)
    if (repository.url.startsWith('http://') && !repository.insecure) add(keys, 'plain http needs insecure: true')
    if (repository.signing?.format === 'github' && repository.host === undefined) {
      add(['git', 'repositories', index, 'signing'], 'format github needs host: it makes and signs the commits')
    }
    const login = loginMistake(repository)
    if (login !== undefined) add(['git', 'repositories', index, 'credentials'], login)
    for (const message of hostMistakes(repository, config.mode)) add(['git', 'repositories', index], message)
  })
  const { webhook, api, metrics } = config.listen
  const ports = [webhook, api, metrics].filter((address) => !address.endsWith(':0'))
  if (new Set(ports).size < ports.length) add(['listen'], 'two servers cannot listen on one address')
  const windows = config.windows.map(({ name }) => name)
  config.windows.forEach((window, index) => {
    if (windows.indexOf(window.name) < index) add(['windows', index, 'name'], `window ${window.name} is defined twice`)
    for (const message of windowMistakes(window)) add(['windows', index], message)
  })
  config.updates.rules.forEach((rule, index) => {
    for (const message of ruleMistakes(rule, { windows, keys: [...keyNames] }))
      add(['updates', 'rules', index], message)
  })
  for (const [name, message] of notifyMistakes(config.notify)) add(['notify', name], message)
  for (const [name, message] of publisherMistakes(config.publishers)) add(['publishers', name], message)
  return mistakes
}

/** The normalised address, or what is wrong with it. */
function addressOf(url: string): [address: string, problem: string | undefined] {
  try {
    const address = normaliseRepositoryUrl(url)
    const isHttp = /^https?:/i.test(url)
    const hasLogin = isHttp && withoutCredentials(url) !== url
    return [address, hasLogin ? 'credentials do not belong into a URL; name files under credentials' : undefined]
  } catch (thrown) {
    return [url, asFairleadError(thrown).message]
  }
}

/** Git takes a key over ssh, and anything else over https. */
function loginMistake({ url, credentials }: Config['git']['repositories'][number]): string | undefined {
  if (credentials === undefined) return undefined
  const isSsh = /^(?:ssh:|[^/]+@[^/]+:)/i.test(url)
  if (isSsh === 'sshKeyFile' in credentials) return undefined
  return isSsh
    ? 'Git over ssh needs sshKeyFile and knownHostsFile; a token for the API goes into host.tokenFile'
    : 'Git over https needs tokenFile, usernameFile and passwordFile, or githubApp'
}

/** `git.repositories[0].url` */
export function renderPath(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('')
}

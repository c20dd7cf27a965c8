import { ruleMistakes } from './config-rule.ts'
import type { Config } from './config-schema.ts'

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
    if (receiver.auth !== 'none' && receiver.secretFile === undefined) {
      add(keys, `auth ${receiver.auth} needs secretFile (or set auth: none to accept hints from anybody)`)
    }
  })
  config.git.repositories.forEach((repository, index) => {
    const isPlain = repository.url.startsWith('http://')
    if (isPlain && !repository.insecure) add(['git', 'repositories', index, 'url'], 'plain http needs insecure: true')
  })
  config.updates.rules.forEach((rule, index) => {
    for (const message of ruleMistakes(rule)) add(['updates', 'rules', index], message)
  })
  return mistakes
}

/** `git.repositories[0].url` */
export function renderPath(keys: readonly PropertyKey[]): string {
  return keys
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('')
}

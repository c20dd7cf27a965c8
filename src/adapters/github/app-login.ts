import { createPrivateKey } from 'node:crypto'
import type { App } from 'octokit'
import { FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import { createMountedFile } from '../../runtime/mounted-file.ts'
import { hostError } from './error.ts'
import type { Fetch } from './fetch.ts'
import type { GitHubLogin, Login } from './login.ts'
import { appSchema, installationTokenSchema, parseAnswer } from './schema.ts'

export interface AppLoginDeps {
  host: string
  apiURL: string
  /** Without a login: the App brings its own. */
  fetch: Fetch
  clock: Clock
  seen: (secret: string) => void
}

/** Tokens of an installation live an hour; a push or a merge may take some minutes. */
const renewBeforeMs = 5 * 60_000

/**
 * The installation of a GitHub App: octokit signs with the App's key (PKCS#1 or PKCS#8) and exchanges the signature for
 * a token, which is kept until shortly before it ends. Those who ask at once share one exchange.
 */
export function createAppLogin(
  { appId, installationId, privateKeyFile }: Extract<GitHubLogin, { appId: number }>,
  { host, apiURL, fetch, clock, seen }: AppLoginDeps,
): Login {
  const name = `the App ${appId} (installation ${installationId})`
  const key = createMountedFile({ path: privateKeyFile, parse: (text) => readKey(text, privateKeyFile) })
  let app: { key: string; opened: Promise<App> } | undefined
  let current: { token: string; madeAt: number; endsAt: number } | undefined
  let asking: Promise<string> | undefined

  async function open(): Promise<App> {
    const privateKey = await key.read()
    if (app?.key !== privateKey) app = { key: privateKey, opened: openApp({ appId, privateKey, apiURL, fetch }) }
    return app.opened
  }

  async function ask<T>(words: string, question: (app: App) => Promise<T>): Promise<T> {
    const opened = await open()
    try {
      return await question(opened)
    } catch (thrown) {
      throw notAnswered(hostError(thrown, { place: host, words, needs: '', login: name }, clock.now()), name)
    }
  }

  async function renew(): Promise<string> {
    const madeAt = clock.monotonicMs()
    const words = 'asking for a token'
    const answer = await ask(words, ({ octokit }) =>
      octokit.auth({ type: 'installation', installationId, refresh: true }),
    )
    const { token, expiresAt } = parseAnswer(installationTokenSchema, answer, `${host}: ${words}`)
    seen(token)
    const lifeMs = Date.parse(expiresAt) - clock.now().getTime()
    current = { token, madeAt, endsAt: madeAt + lifeMs }
    return token
  }

  return {
    name,
    async token() {
      if (current !== undefined && current.endsAt - renewBeforeMs > clock.monotonicMs()) return current.token
      asking ??= renew().finally(() => {
        asking = undefined
      })
      return asking
    },
    age: () => (current === undefined ? undefined : clock.monotonicMs() - current.madeAt),
    forget() {
      current = undefined
    },
    async appAccount() {
      const words = 'asking who the App is'
      const { data } = await ask(words, ({ octokit }) => octokit.rest.apps.getAuthenticated())
      return `${parseAnswer(appSchema, data, `${host}: ${words}`).slug}[bot]`
    },
  }
}

async function openApp(parts: { appId: number; privateKey: string; apiURL: string; fetch: Fetch }): Promise<App> {
  const { App, Octokit } = await import('octokit')
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const Quiet = Octokit.defaults({
    userAgent: 'fairlead',
    baseUrl: parts.apiURL,
    request: { fetch: parts.fetch },
    throttle: { enabled: false },
    retry: { enabled: false },
    log: quiet,
  })
  return new App({ appId: parts.appId, privateKey: parts.privateKey, Octokit: Quiet, log: quiet })
}

/** The key as octokit wants it; the message names the file and never quotes it. */
function readKey(text: string, path: string): string {
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs8', format: 'pem' }).toString()
  } catch {
    // The reason would quote OpenSSL about the content.
  }
  const words = `file ${path} holds no RSA private key in PEM; download one from the settings of the App`
  throw new FairleadError('ConfigInvalid', words)
}

/** Whoever cannot log in has no use for hints about scopes. */
function notAnswered(error: FairleadError, name: string): FairleadError {
  if (!['HostNotFound', 'HostForbidden', 'HostAuthFailed'].includes(error.code)) return error
  const words = `${error.message.split(';')[0]}; compare appId, installationId and privateKeyFile of ${name} with the settings of the App`
  return new FairleadError('HostAuthFailed', words)
}

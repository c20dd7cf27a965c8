import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GitHubLogin } from '../../../src/adapters/github/login.ts'
import { createGitHub } from '../../../src/adapters/github/open.ts'
import { FairleadError } from '../../../src/errors.ts'
import type { Clock } from '../../../src/ports.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttp } from '../../../src/runtime/http.ts'
import { createRecordingLog } from '../../fakes/log.ts'
import { createGitHubServer } from './github-server.ts'

/** A clock on which every pause is over at once, and which remembers how long they were. */
export function createHurriedClock(): Clock & { slept: number[]; pass(ms: number): void } {
  let gone = 0
  const slept: number[] = []
  return {
    slept,
    pass(ms) {
      gone += ms
    },
    now: () => new Date(systemClock.now().getTime() + gone),
    monotonicMs: () => systemClock.monotonicMs() + gone,
    async sleep(ms) {
      slept.push(ms)
      gone += ms
    },
  }
}

/** The adapter at a host that answers as the test says. */
export async function createGitHubWorld(
  options: { login?: (folder: string) => GitHubLogin; deployments?: string[] } = {},
) {
  const server = await createGitHubServer()
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-github-'))
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'ghp_first\n')
  const http = createHttp({ clock: systemClock, hosts: { [new URL(server.apiURL).host]: { insecure: true } } })
  const clock = createHurriedClock()
  const log = createRecordingLog()
  const secrets: string[] = []
  const requests: string[] = []
  const settings = {
    url: 'https://github.example.com/acme/gitops',
    apiURL: server.apiURL,
    login: options.login?.(folder) ?? { tokenFile },
    deployments: options.deployments ?? [],
  }
  const metrics = { requested: (_host: string, code: string) => void requests.push(code), remaining: () => {} }
  const deps = { http, clock, log, metrics, seen: (secret: string) => void secrets.push(secret) }
  return {
    server,
    clock,
    log,
    secrets,
    requests,
    tokenFile,
    open: () => createGitHub(settings, deps),
    async close() {
      http.close()
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Code, message and time to wait of a rejection. */
export async function refusalOf(attempt: Promise<unknown>) {
  const thrown: unknown = await attempt.then(
    (value) => new Error(`it resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  if (!(thrown instanceof FairleadError)) throw thrown
  return { code: thrown.code, message: thrown.message, retryAfterMs: thrown.retryAfterMs }
}

export const sha = (digit: string) => digit.repeat(40)

/** A pull request as GitHub tells it. */
export function aPull(number: number, changes: Record<string, unknown> = {}) {
  return {
    node_id: `PR_${number}`,
    number,
    html_url: `https://github.example.com/acme/gitops/pull/${number}`,
    state: 'open',
    draft: false,
    title: 'Update web to 1.1.0',
    body: null,
    head: { ref: 'fairlead/prod-web-01234567', sha: sha('a'), repo: { id: 7 } },
    base: { ref: 'main', sha: sha('b'), repo: { id: 7 } },
    labels: [{ name: 'fairlead' }],
    user: { login: 'fairlead[bot]' },
    created_at: '2026-01-01T10:00:00Z',
    closed_at: null,
    merged_at: null,
    merge_commit_sha: sha('c'),
    auto_merge: null,
    ...changes,
  }
}

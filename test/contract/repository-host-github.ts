import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { createGitHub } from '../../src/adapters/github/open.ts'
import type { Clock } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { openClone } from './repository-host-clone.ts'
import { asking, botHand, personHand } from './repository-host-hands.ts'
import type { HostWorld } from './repository-host-world.ts'

/** A repository at GitHub that a suite may write to, and who writes. */
export interface GitHubPlace {
  /** `https://github.com`, or the address of a GitHub Enterprise Server. */
  url: string
  /** `owner/name` */
  repository: string
  tokenFile: string
  /** Of a second person. */
  personTokenFile?: string | undefined
  /** Globs of application repositories that may be told what was deployed. */
  deployments?: readonly string[]
  clock?: Clock
}

/** What the environment names; undefined when it names none. */
export function placeFromEnvironment(environment: NodeJS.ProcessEnv): GitHubPlace | undefined {
  const repository = environment['FAIRLEAD_GITHUB_REPOSITORY']
  const tokenFile = environment['FAIRLEAD_GITHUB_TOKEN_FILE']
  if (repository === undefined || tokenFile === undefined) return undefined
  const personTokenFile = environment['FAIRLEAD_GITHUB_REVIEWER_TOKEN_FILE']
  return { url: environment['FAIRLEAD_GITHUB_URL'] ?? 'https://github.com', repository, tokenFile, personTokenFile }
}

/**
 * The adapter on a repository that others may use too: everything happens on branches with a name of their own, which are
 * deleted at the end. Its pull requests stay behind, closed.
 */
export async function openGitHubHost(place: GitHubPlace): Promise<HostWorld> {
  const { url, repository, tokenFile, clock = systemClock } = place
  const apiURL = url === 'https://github.com' ? 'https://api.github.com' : `${url}/api/v3`
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-host-'))
  const gitURL = `${url}/${repository}.git`
  const token = readFileSync(tokenFile, 'utf8').trim()
  const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: url.startsWith('http:') }) })
  const settings = { url: gitURL, apiURL, login: { tokenFile }, deployments: place.deployments ?? [] }
  const { host } = createGitHub(settings, { http, clock, log: silentLog })
  const base = `contract-${randomBytes(4).toString('hex')}`
  const clone = await openClone({ folder: join(folder, 'clone'), url: gitURL, token, base })
  return {
    host,
    base,
    prefix: `${base}-`,
    stranger: `nobody-${base}`,
    git: clone,
    hand: botHand(asking({ apiURL, repository }, token)),
    ...(place.personTokenFile !== undefined && {
      people: await openPerson({ apiURL, repository }, readFileSync(place.personTokenFile, 'utf8').trim()),
    }),
    pause: () => clock.sleep(1000),
    async close() {
      http.close()
      try {
        await clone.removeAll(base)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

async function openPerson(place: { apiURL: string; repository: string }, token: string) {
  const response = await fetch(`${place.apiURL}/user`, { headers: { authorization: `Bearer ${token}` } })
  const { login } = z.object({ login: z.string() }).parse(await response.json())
  return personHand(asking(place, token), login)
}

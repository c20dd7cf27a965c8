import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { startGitHost } from '../../src/sandbox/git-host/git-host.ts'
import { startGitHub } from '../../src/sandbox/github/github.ts'
import { openGitHubHost } from './repository-host-github.ts'
import { asking, personHand } from './repository-host-hands.ts'
import type { HostWorld } from './repository-host-world.ts'

/** Pauses pass, but take no time. */
function hurriedClock(): Clock {
  let skipped = 0
  return {
    now: systemClock.now,
    monotonicMs: () => systemClock.monotonicMs() + skipped,
    async sleep(ms) {
      skipped += ms
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

/** What has begun and not ended has a state of its own there. */
const outcomeOf = (state: string) => (state === 'in_progress' ? 'pending' : state)

const requestOf = { open: { method: 'POST', path: /\/pulls$/ }, merge: { method: 'PUT', path: /\/merge$/ } }
const conclusionOf = { pending: null, green: 'success', failed: 'failure', neutral: 'neutral' } as const

/** The adapter on a GitHub in this process, where people, administrators and failures can be had. */
export async function openSandboxHost(): Promise<HostWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-sandbox-'))
  const gitHost = await startGitHost({ protection: 'default-branch' })
  const github = await startGitHub({ git: gitHost })
  const repository = github.repository('acme/gitops', { files: { 'README.md': 'main\n' } })
  const application = github.repository('acme/web', { files: { 'main.go': 'package main\n' } })
  const token = github.person('fairlead-bot')
  const outsiderToken = github.person('eve', 'read')
  const [tokenFile, personTokenFile] = [join(folder, 'token'), join(folder, 'person')]
  writeFileSync(tokenFile, `${token}\n`)
  writeFileSync(personTokenFile, `${github.person('alice')}\n`)
  const place = { url: github.url, repository: repository.fullName(), tokenFile, personTokenFile }
  const world = await openGitHubHost({
    ...place,
    deployments: ['acme/*'],
    clock: hurriedClock(),
  })
  const demands = {
    reviews: 0,
    checks: [] as readonly string[],
    isStrict: false,
    needsPullRequest: false,
    dismissesStale: false,
    hasQueue: false,
  }
  return {
    ...world,
    hand: {
      ...world.hand,
      checkRun: async (commit, name, word) => repository.setCheck(commit, name, conclusionOf[word]),
    },
    outsider: personHand(asking({ apiURL: github.apiUrl, repository: place.repository }, outsiderToken), 'eve'),
    admin: {
      async demand({ review, checks, upToDate, queue, mergesItself }) {
        if (review !== undefined)
          Object.assign(demands, { reviews: review ? 1 : 0, needsPullRequest: review, dismissesStale: review })
        if (checks !== undefined) demands.checks = checks
        if (upToDate !== undefined) demands.isStrict = upToDate
        if (queue !== undefined) demands.hasQueue = queue
        repository.protect(world.base, { ...demands, kind: 'ruleset' })
        if (mergesItself !== undefined) repository.settings({ allowAutoMerge: mergesItself })
      },
      async forbid(method) {
        const setting = { merge: 'allowMergeCommit', squash: 'allowSquashMerge', rebase: 'allowRebaseMerge' } as const
        repository.settings({ [setting[method]]: false })
      },
      archive: async () => repository.archive(),
      rename: async () => repository.rename('gitops-2'),
    },
    faults: {
      revokeToken: async () => github.revoke(token),
      takeRight: async () => repository.role('fairlead-bot', 'read'),
      limit: async (seconds) => github.leave('fairlead-bot', 0, seconds * 1000),
      garble: async () => github.fail({ times: 100 }, { status: 200, message: 'out of paper' }),
      unavailable: async () => github.fail({ times: 100 }, { status: 502 }),
      loseAnswer: async (of) => github.dropNext(requestOf[of], 'after'),
    },
    application: {
      url: application.url,
      revision: gitHost.head('acme/web', 'main') ?? '',
      async deployments() {
        return application
          .deployments()
          .map(({ environment, statuses }) => ({ environment, states: statuses.map(({ state }) => outcomeOf(state)) }))
      },
    },
    isSlowToJudge: true,
    conceal: async () => github.saysMergeCommit(false),
    requests() {
      const ours = github.requests.filter(({ account }) => account === 'fairlead-bot')
      const reads = ours.filter(({ method }) => method === 'GET')
      const unchanged = reads.filter(({ status }) => status === 304)
      return { reads: reads.length, unchanged: unchanged.length, writes: ours.length - reads.length }
    },
    async close() {
      repository.unprotect(world.base)
      // Where the row took the token or the repository away, the branches go with the sandbox.
      await world.close().catch(() => undefined)
      await github.close()
      await gitHost.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Hint, RepositoryHint } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { type GitHost, startGitHost } from '../../src/sandbox/git-host/git-host.ts'
import { type GitHubSandbox, startGitHub } from '../../src/sandbox/github/github.ts'
import type { RepositoryControl } from '../../src/sandbox/github/repository-control.ts'
import type { HttpServer } from '../../src/server/http-server.ts'
import { createWebhookServer } from '../../src/server/webhook/webhook.ts'
import { silentLog } from '../fakes/silent-log.ts'

const branch = 'fairlead/prod-web-0123abcd'
const proposal = { about: 'pull-request', branch }

describe('the webhooks of a GitHub', () => {
  const hints: Hint[] = []
  let git: GitHost
  let github: GitHubSandbox
  let gitops: RepositoryControl
  let server: HttpServer
  let folder: string

  beforeEach(async () => {
    hints.length = 0
    folder = mkdtempSync(join(tmpdir(), 'fairlead-hooks-'))
    const secretFile = join(folder, 'secret')
    writeFileSync(secretFile, 'shared-secret')
    git = await startGitHost()
    github = await startGitHub({ git })
    gitops = github.repository('acme/gitops', { files: { 'a.txt': 'a\n' } })
    github.person('mona')
    server = createWebhookServer({
      listen: '127.0.0.1:0',
      receivers: [{ name: 'github', type: 'github', auth: 'hmac', secretFile }],
      clock: systemClock,
      log: silentLog,
      isLeader: () => true,
      repository: (address) => (address === gitops.url ? 'gitops' : undefined),
      accept: (more) => void hints.push(...more),
    })
    const { port } = await server.start()
    git.moveRef('acme/gitops', `refs/heads/${branch}`, git.head('acme/gitops', 'main') ?? '')
    git.commit('acme/gitops', branch, { 'a.txt': 'b\n' }, 'Change a')
    gitops.open('mona', { title: 'Change a', head: branch, base: 'main' })
    github.subscribe(`http://127.0.0.1:${port}/webhook/github`, 'shared-secret')
  })
  afterEach(async () => {
    await server.stop(1000)
    await github.close()
    await git.close()
    rmSync(folder, { recursive: true })
  })

  /** Everything that was told about the pull request or a branch, without repetitions. */
  const told = async () => {
    await github.webhooks.settled()
    await new Promise((resolve) => setImmediate(resolve))
    expect(github.webhooks.deliveries.map(({ status }) => status)).toEqual(github.webhooks.deliveries.map(() => 202))
    const repository = { repository: 'gitops', receiver: 'github' }
    return [...new Set(hints.map((hint) => JSON.stringify(hint)))].map((text) => {
      const hint = JSON.parse(text) as RepositoryHint
      expect(hint).toMatchObject(repository)
      const { repository: _, receiver: __, ...rest } = hint
      return rest
    })
  }

  const rows: [what: string, act: () => unknown, hints: object[]][] = [
    ['a review', () => gitops.review(1, 'mona', 'COMMENT'), [{ ...proposal, pullRequest: 1 }]],
    ['a label', () => gitops.label(1, 'mona', 'fairlead:hold'), [{ ...proposal, pullRequest: 1 }]],
    ['a closing', () => gitops.close(1, 'mona'), [{ ...proposal, pullRequest: 1 }]],
    ['a check', () => gitops.setCheck(branch, 'test', 'success'), [proposal]],
    ['a status', () => gitops.setStatus(branch, 'test', 'success'), [proposal]],
    ['a status that is pending', () => gitops.setStatus(branch, 'test', 'pending'), []],
    ['a comment', () => gitops.comment(1, 'mona', 'Hm.'), []],
    [
      'a push to a branch',
      () => git.commit('acme/gitops', 'main', { 'b.txt': 'b\n' }, 'Add b'),
      [{ about: 'branch', branch: 'main' }],
    ],
    [
      'a merge',
      () => gitops.merge(1, 'mona'),
      [
        { about: 'branch', branch: 'main' },
        { ...proposal, pullRequest: 1 },
      ],
    ],
    [
      'an event of another repository',
      () => github.repository('acme/other', { files: { 'a.txt': 'a\n' } }) && git.commit('acme/other', 'main', {}, 'x'),
      [],
    ],
  ]
  it.each(rows)('tell us of %s', async (_, act, expected) => {
    act()
    expect(await told()).toEqual(expect.arrayContaining(expected))
    expect(await told()).toHaveLength(expected.length)
  })

  it('that are sent again are told once', async () => {
    gitops.label(1, 'mona', 'fairlead:hold')
    await told()
    const [delivery] = github.webhooks.deliveries
    await github.webhooks.redeliver(delivery?.id ?? '')
    await told()
    expect(hints).toHaveLength(1)
  })
})

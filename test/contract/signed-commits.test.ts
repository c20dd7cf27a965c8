import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { createGitRepository } from '../../src/adapters/git/open.ts'
import { createGitHub } from '../../src/adapters/github/open.ts'
import { createDeliveryQueue, type DeliveryDeps } from '../../src/delivery/delivery.ts'
import { putProposal } from '../../src/delivery/proposal-branch.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { bump } from '../delivery/delivery-world.ts'
import { hasGit } from '../fakes/git-http-server.ts'
import { createRecordingLog } from '../fakes/log.ts'
import { type Ground, startGround } from '../sandbox/github/client.ts'

const name = 'acme/gitops'
const branch = 'fairlead/prod-web-0123abcd'

/** Commits by the host through the adapters of GitHub and Git, on a GitHub and a Git host in process. */
function describeSignedCommits(backend: 'native' | 'isomorphic'): void {
  describe(`commits that GitHub signs, ${backend}`, { timeout: 30_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'signed-commits-'))
    const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
    const tokenFile = join(folder, 'token')
    let counter = 0

    afterAll(() => {
      http.close()
      rmSync(folder, { recursive: true, force: true })
    })

    async function aWorld() {
      const ground = await startGround()
      onTestFinished(() => ground.close())
      const { git, github, gitops } = ground
      git.commit(name, 'main', { 'apps/api.yaml': 'image: api:1\n' }, 'Add api')
      writeFileSync(tokenFile, `${github.token('fairlead')}\n`)
      const log = createRecordingLog()
      const metrics = { requested: () => undefined, remaining: () => undefined }
      const { host } = createGitHub(
        { url: gitops.url, apiURL: github.apiUrl, login: { tokenFile }, deployments: [] },
        { http, log, clock: systemClock, seen: () => undefined, metrics },
      )
      const repository = await createGitRepository(
        {
          url: gitops.url,
          backend,
          insecure: true,
          cacheDir: join(folder, `${++counter}`),
          credentials: { tokenFile },
        },
        { http, log, clock: systemClock },
      )
      const ident = { name: 'fairlead', email: 'fairlead@example.com' }
      const deps: DeliveryDeps = {
        repository,
        name: gitops.url,
        branch: 'main',
        authorship: { author: ident, committer: ident, signer: undefined, hosted: host },
        fence: () => undefined,
        clock: systemClock,
        random: () => 0,
        log,
        metrics: createMetrics('test'),
      }
      return { ...ground, deps, host, subjects: (of: string) => subjectsOf(ground, of) }
    }

    test('are on the branch, one per change', async () => {
      const { git, deps, subjects } = await aWorld()
      const queue = createDeliveryQueue(deps)
      const delivered = await Promise.all([
        queue.submit(bump('api', '1', '2', '2026-02-01T00:00:01Z')),
        queue.submit(bump('web', '1', '2', '2026-02-01T00:00:02Z')),
      ])
      expect(delivered.map(({ unsigned }) => unsigned)).toEqual([undefined, undefined])
      expect(delivered[1]?.commit).toBe(git.head(name, 'main'))
      expect(subjects('main').slice(0, 2)).toEqual(['Update web to 2', 'Update api to 2'])
    })

    test('whose answer is lost are found, and not made twice', async () => {
      const { github, git, deps, subjects } = await aWorld()
      github.dropNext({ path: /graphql/ }, 'after')
      const delivered = await createDeliveryQueue(deps).submit(bump('web', '1', '2'))
      expect(delivered).toMatchObject({ kind: 'pushed', commit: git.head(name, 'main') })
      expect(subjects('main').filter((one) => one === 'Update web to 2')).toHaveLength(1)
    })

    test('are what a pull request holds; it stays open while they are made anew, and nothing else is left', async () => {
      const { git, gitops, deps, host, subjects } = await aWorld()
      const put = (to: string, expected: string) =>
        putProposal({ base: 'main', branch, expected, deliveries: [bump('web', '1', to)] }, deps)
      const first = await put('2', '')
      const { number } = await host.pullRequests.open({ branch, base: 'main', title: 'a', body: '', isDraft: false })
      const second = await put('3', first.head ?? '')
      expect(second.unsigned).toBeUndefined()
      expect(gitops.pull(number).state).toBe('open')
      expect(git.head(name, branch)).toBe(second.head)
      expect(subjects(branch)[0]).toBe('Update web to 3')
      expect(git.readFile(name, branch, 'apps/web.yaml')).toBe('image: web:3\n')
      expect([...git.refs(name).keys()].filter((ref) => ref.startsWith('refs/heads/fairlead/'))).toEqual([
        `refs/heads/${branch}`,
      ])
      expect(await put('3', second.head ?? '')).toMatchObject({ head: second.head })
    })

    test('are pushed where GitHub makes none for this account', async () => {
      const { github, git, deps } = await aWorld()
      github.fail({ path: /graphql/ }, { status: 403, message: 'Resource not accessible by personal access token' })
      const delivered = await createDeliveryQueue(deps).submit(bump('web', '1', '2'))
      expect(delivered).toMatchObject({
        commit: git.head(name, 'main'),
        unsigned: expect.stringContaining('accessible'),
      })
    })
  })
}

function subjectsOf({ git }: Ground, of: string): string[] {
  return git.log(name, of).map(({ message }) => message.split('\n')[0] ?? '')
}

describeSignedCommits('isomorphic')
describe.skipIf(!hasGit())('with a git binary', () => describeSignedCommits('native'))

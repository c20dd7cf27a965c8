import { expect, test } from 'vitest'
import { createMemory } from '../../../src/controllers/pull-request/memory.ts'
import { createPullRequestWatch } from '../../../src/controllers/pull-request/watch.ts'
import type { ManagedRepository } from '../../../src/delivery/repositories.ts'
import { systemClock as clock } from '../../../src/runtime/clock.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { createQueue } from '../../../src/runtime/queue.ts'
import { createFakeGitRepository } from '../../fakes/git-repository.ts'
import { createRecordingLog } from '../../fakes/log.ts'
import { createFakeRepositoryHost } from '../../fakes/repository-host.ts'
import { pullRequestRules } from '../../fakes/world.ts'

function aRepository(url: string) {
  const git = createFakeGitRepository(url)
  git.commit('main', { 'README.md': 'here\n' }, 'Begin')
  const host = createFakeRepositoryHost(git)
  const rules = { pullRequest: pullRequestRules } as ManagedRepository['rules']
  return { url, git, host, rules } as unknown as ManagedRepository & { host: typeof host }
}

test('a host that does not answer keeps nobody else from being asked', async () => {
  const [silent, other] = [aRepository('https://a.example.com/x/y'), aRepository('https://b.example.com/x/y')]
  let answer: (list: []) => void = () => undefined
  silent.host.pullRequests.list = () => new Promise((resolve) => (answer = resolve))
  const asked = new Promise<void>((resolve) => {
    const { list } = other.host.pullRequests
    other.host.pullRequests.list = (prefix) => {
      resolve()
      return list(prefix)
    }
  })
  const watch = createPullRequestWatch({
    queue: createQueue({ clock, random: Math.random }),
    memory: createMemory(),
    repositories: [silent, other],
    intervalMs: 60_000,
    isLeader: () => true,
    clock,
    log: createRecordingLog(),
    metrics: createMetrics('test'),
  })
  const swept = watch.sweep()
  await asked
  answer([])
  await expect(swept).resolves.toBeUndefined()
})

import type { Authorship } from '../../src/delivery/batch.ts'
import type { Delivery, DeliveryDeps } from '../../src/delivery/delivery.ts'
import { FairleadError } from '../../src/errors.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createManualClock } from '../fakes/clock.ts'
import { createFakeGitRepository, type FakeGitRepository } from '../fakes/git-repository.ts'
import { createRecordingLog } from '../fakes/log.ts'

const ident = { name: 'fairlead', email: 'fairlead@example.com' }

/** A repository with two applications, and what a delivery to it needs. */
export function aRepository(): FakeGitRepository {
  const repository = createFakeGitRepository()
  repository.commit('main', { 'apps/web.yaml': 'image: web:1\n', 'apps/api.yaml': 'image: api:1\n' }, 'Add apps')
  return repository
}

export function depsFor(repository: FakeGitRepository, how: Partial<Authorship> = {}) {
  const leading = { now: true }
  const log = createRecordingLog()
  const deps: DeliveryDeps = {
    repository,
    name: repository.url,
    branch: 'main',
    authorship: { author: ident, committer: ident, signer: undefined, ...how },
    fence: () => {
      if (!leading.now) throw new FairleadError('NotLeader', 'another replica writes')
    },
    // Waiting between tries is not what these tests are about.
    clock: { ...createManualClock(), sleep: async () => undefined },
    random: () => 1,
    log,
    metrics: createMetrics('test'),
  }
  return { deps, leading, log }
}

/** A change of one image file from one value to another, as a compare-and-swap. */
export function bump(name: string, from: string, to: string, date = '2026-02-01T00:00:00Z'): Delivery {
  return {
    id: `${name}-${to}`,
    date: new Date(date),
    plan(snapshot) {
      const path = `apps/${name}.yaml`
      const before = snapshot.text(path) ?? ''
      if (before === `image: ${name}:${to}\n`) return { kind: 'settled' }
      if (before !== `image: ${name}:${from}\n`) throw new FairleadError('ValueChanged', `${path} holds ${before}`)
      const message = `Update ${name} to ${to}\n\nFairlead-Id: ${name}-${to}\n`
      return { kind: 'change', edits: [{ path, before, after: `image: ${name}:${to}\n` }], message }
    },
  }
}

/** The messages of commits that fairlead made. */
export const ours = (messages: string[]) => messages.filter((message) => message.includes('Fairlead-Id'))

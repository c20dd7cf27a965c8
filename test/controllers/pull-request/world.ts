import { onTestFinished } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import type { PullRequestRules } from '../../../src/core/pull-request/rules.ts'
import {
  createFakeWorld,
  digestOf,
  type FakeWorld,
  type Faults,
  image,
  pullRequestRules,
  type Replica,
} from '../../fakes/world.ts'

/** A world where `web` runs 1.0.0, its changes go into pull requests, and a replica that has come to rest. */
export interface ProposedWorld extends FakeWorld {
  replica: Replica
  /** Another tag of an image comes, and what follows from it is done. */
  push(tag: string, name?: string): Promise<void>
  /** The host says that something happened, and what follows from it is done. */
  hint(): Promise<void>
  request(to?: string): UpdateRequest
  pull(number?: number): NonNullable<ReturnType<FakeWorld['host']['state']['pulls']['get']>>
}

export interface ProposedOptions {
  rules?: Partial<PullRequestRules>
  config?: string
  annotations?: Record<string, string>
  faults?: Faults
  apps?: readonly string[]
}

export const proposed = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/mode': 'pull-request' }

export async function aProposedWorld(options: ProposedOptions = {}): Promise<ProposedWorld> {
  const { rules = {}, config = 'mode: commit', annotations = proposed, apps = ['web'] } = options
  const world = createFakeWorld()
  for (const name of apps) {
    world.registry.push(image(name), '1.0.0', { digest: digestOf('1.0.0') })
    world.deploy(name, `ghcr.io/acme/${name}:1.0.0`, annotations)
  }
  await world.sync()
  const replica = await world.start(config, options.faults, {
    withHost: true,
    pullRequest: { ...pullRequestRules, ...rules },
  })
  onTestFinished(() => replica.stop())
  await replica.quiet()
  return {
    ...world,
    replica,
    async push(tag, name = 'web') {
      world.registry.push(image(name), tag, { digest: digestOf(tag) })
      replica.loops.images.hinted(image(name))
      await replica.quiet()
    },
    async hint() {
      replica.loops.pullRequests.changed('git.example.com/gitops', {})
      await replica.quiet()
    },
    request(to) {
      const found = world.requests().find((one) => to === undefined || one.spec.change.to.endsWith(`:${to}`))
      if (found === undefined) throw new Error(`no request for ${to}`)
      return found
    },
    pull(number = 1) {
      const found = world.host.state.pulls.get(number)
      if (found === undefined) throw new Error(`no pull request ${number}`)
      return found
    },
  }
}

import { onTestFinished, vi } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import type { PullRequestRules } from '../../../src/core/pull-request/rules.ts'
import {
  createFakeWorld,
  digestOf,
  type FakeWorld,
  type Faults,
  type GivenRules,
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
  /** As `hint`, for a push to the base. */
  hintBase(): Promise<void>
  /** Minutes pass, with one look at the list of pull requests in each; the caller has faked the timers. */
  pass(minutes: number): Promise<void>
  /** Somebody changes the file of `web` on the base, so that a pull request for it conflicts. */
  disturb(): Promise<void>
  request(to?: string): UpdateRequest
  /** What the request waits for: status and reason of its condition Progressing. */
  waits(to?: string): string
  pull(number?: number): NonNullable<ReturnType<FakeWorld['host']['state']['pulls']['get']>>
}

export interface ProposedOptions {
  rules?: Partial<PullRequestRules>
  config?: string
  annotations?: Record<string, string>
  faults?: Faults
  apps?: readonly string[]
  /** Where it goes on; else one in which the apps run 1.0.0. */
  world?: FakeWorld
  /** Beside those of pull requests. */
  given?: GivenRules
}

const asking = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-update-interval': '0s' }
export const proposed = { ...asking, 'fairlead.dev/mode': 'pull-request' }
/** Nobody has to approve. */
export const unattended = { ...proposed, 'fairlead.dev/require-approval': 'false' }

/** A world in which the apps run 1.0.0. */
export async function aWorld({ apps = ['web'], annotations = proposed }: ProposedOptions = {}): Promise<FakeWorld> {
  const world = createFakeWorld()
  for (const name of apps) {
    world.registry.push(image(name), '1.0.0', { digest: digestOf('1.0.0') })
    world.deploy(name, `ghcr.io/acme/${name}:1.0.0`, annotations)
  }
  await world.sync()
  return world
}

/** Another cluster with the same app, around the same repository, host and registry. */
export async function anotherCluster(world: FakeWorld, annotations = proposed): Promise<FakeWorld> {
  const other = createFakeWorld(world)
  other.deploy('web', 'ghcr.io/acme/web:1.0.0', annotations)
  await other.sync()
  return other
}

/** From now on until the end of the test timers and clocks stand still until told otherwise. */
export function holdTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}

export async function aProposedWorld(options: ProposedOptions = {}): Promise<ProposedWorld> {
  const { rules = {}, config = 'mode: commit', given = {} } = options
  const world = options.world ?? (await aWorld(options))
  const replica = await world.start(config, options.faults, {
    withHost: true,
    pullRequest: { ...pullRequestRules, ...rules },
    ...given,
  })
  onTestFinished(() => replica.stop())
  await replica.quiet()
  const baseNews = {
    repository: 'git.example.com/gitops',
    about: 'branch',
    branch: 'main',
    receiver: 'github',
  } as const
  const proposedWorld: ProposedWorld = {
    ...world,
    replica,
    async hintBase() {
      replica.loops.repositoryNews.changed(baseNews)
      await replica.quiet()
    },
    async pass(minutes) {
      for (let minute = 0; minute < minutes; minute++) {
        await vi.advanceTimersByTimeAsync(60_000)
        await replica.quiet()
        await replica.loops.pullRequests.sweep()
        await replica.quiet()
      }
    },
    async disturb() {
      const text = world.git.read('main', 'apps/web.yaml') ?? ''
      world.git.commit('main', { 'apps/web.yaml': `${text}# touched\n` }, 'Touch web')
      await proposedWorld.hintBase()
    },
    waits(to) {
      const found = proposedWorld.request(to).status?.conditions?.find((one) => one.type === 'Progressing')
      return `${found?.status} ${found?.reason}`
    },
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
  return proposedWorld
}

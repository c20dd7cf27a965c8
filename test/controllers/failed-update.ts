import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { push, start } from './replica.ts'
import { putLive, settle } from './rollout.ts'

export const web = (tag: string) => `ghcr.io/acme/web:${tag}`
export const forward = {
  'fairlead.dev/policy': 'minor',
  'fairlead.dev/require-approval': 'false',
  'fairlead.dev/min-update-interval': '0s',
}
export const own = 'mode: commit\nrollback: {onFailure: own}'
export const exceeded = 'ReplicaSet "web-1" has timed out progressing.'

/** 1.0.0 runs well, 1.1.0 was pushed, committed and applied, and is live. */
export async function anUpdate({
  config = own,
  annotations = {},
}: {
  config?: string
  annotations?: Record<string, string>
} = {}): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', web('1.0.0'), { ...forward, ...annotations })
  settle(world, 'web', { updated: 1 })
  await world.sync()
  const replica = await start(world, config)
  await push(world, replica, '1.1.0')
  await apply(world, replica, '1.1.0')
  return { world, replica }
}

/** Flux applies what Git holds, and its image is live. */
export async function apply(world: FakeWorld, replica: Replica, tag: string): Promise<void> {
  await world.sync()
  await replica.quiet()
  putLive(world, 'web', web(tag))
  await replica.quiet()
}

export async function fail(world: FakeWorld, replica: Replica, name = 'web'): Promise<void> {
  settle(world, name, { updated: 1, available: 0, failure: exceeded })
  await replica.quiet()
}

export function rollbacks(world: FakeWorld) {
  return world.requests().filter(({ spec }) => spec.action === 'rollback')
}

export function commits(world: FakeWorld): string[] {
  return world.git.messages('main').filter((message) => message.includes('Fairlead-Action: rollback'))
}

export const inGit = (world: FakeWorld) => /image: (.*)/.exec(world.git.read('main', 'apps/web.yaml') ?? '')?.[1]

export function conditionOf(world: FakeWorld, to: string, type = 'Rollback') {
  const request = world.requests().find(({ spec }) => spec.change.to === web(to))
  return request?.status?.conditions?.find((one) => one.type === type)
}

import { onTestFinished } from 'vitest'
import { digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'

/** A replica that has come to rest; it is stopped when the test is over. */
export async function start(world: FakeWorld, config?: string): Promise<Replica> {
  const replica = await world.start(config)
  onTestFinished(() => replica.stop())
  await replica.quiet()
  return replica
}

/** Another tag of `web` comes, the registry says so, and the replica does what follows from it. */
export async function push(world: FakeWorld, replica: Replica, tag: string, content = tag): Promise<void> {
  world.registry.push(image('web'), tag, { digest: digestOf(content) })
  replica.loops.images.hinted(image('web'))
  await replica.quiet()
}

import { FairleadError } from '../errors.ts'
import { systemClock as clock } from '../runtime/clock.ts'
import type { GitHubSandbox } from '../sandbox/github/github.ts'
import type { World } from '../sandbox/world.ts'
import type { ControllerProcess } from './demo-controller.ts'
import type { Narrator } from './demo-narrator.ts'

/** What every chapter of the demo plays with. */
export interface Story {
  world: World
  github: GitHubSandbox
  controller: ControllerProcess
  narrator: Narrator
}

/** The name of the demo's repository, here and on GitHub. */
export const repository = 'acme/gitops'

/** By `namespace/name`, as the log has it. */
export function requestOf(world: World, key: string) {
  const [namespace = '', name = ''] = key.split('/')
  return world.get('UpdateRequest', namespace, name)
}

/** The head of main, once it is a commit by fairlead after `before`. */
export function newest(world: World, before: string) {
  const [entry] = world.git.log(repository, 'main')
  return entry !== undefined && entry.id !== before && entry.message.includes('Fairlead-Id:') ? entry : undefined
}

export function readAt(world: World, revision: string, path: string): string {
  return world.git.readFile(repository, revision, path) ?? ''
}

/** The revision that the engine has applied, once it holds the commit. */
export function appliedRevision(world: World, commit: string): string | undefined {
  const status = world.get('Kustomization', 'flux-system', 'apps')?.status as
    | { lastAppliedRevision?: string }
    | undefined
  return status?.lastAppliedRevision?.endsWith(commit) ? status.lastAppliedRevision : undefined
}

/** Asks every 50 ms until there is an answer; for facts that only another process knows. */
export async function poll<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const endMs = clock.monotonicMs() + 15_000; clock.monotonicMs() < endMs; await clock.sleep(50)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new FairleadError('Timeout', `15 s have passed without: ${what}`)
}

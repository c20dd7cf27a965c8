import type { World } from '../sandbox/world.ts'
import type { ControllerProcess } from './demo-controller.ts'
import type { Narrator } from './demo-narrator.ts'

/** What every chapter of the demo plays with. */
export interface Story {
  world: World
  controller: ControllerProcess
  narrator: Narrator
}

/** The name under which the demo's repository is kept. */
export const repository = 'gitops'

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

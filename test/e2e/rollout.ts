import type { Condition } from '../../src/api/condition.ts'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import type { WorkloadRolloutState, WorkloadRolloutStateStatus } from '../../src/api/workload-rollout-state.ts'
import { conditionOf } from '../../src/core/change/rolled-out.ts'
import { eventually } from './eventually.ts'
import type { Fairlead } from './fairlead.ts'
import type { Commit } from './gitops.ts'
import { valueAt } from './kubernetes.ts'
import { plainDeployment } from './manifest.ts'
import { phasesUntil, type World } from './world.ts'

/** What becomes of a workload, as its user sees it in the cluster and in Git. */

/**
 * A Deployment that is updated as often as there is something newer. `giveUpSeconds` is when Kubernetes gives it up, and
 * `deadline` when fairlead does, which is much later where it is not given.
 */
export function restlessDeployment(
  { namespace, image }: World,
  { name, tag, giveUpSeconds, deadline }: { name: string; tag: string; giveUpSeconds: number; deadline?: string },
): string {
  const more = ['min-update-interval: 0s', ...(deadline === undefined ? [] : [`deadline: ${deadline}`])]
  return plainDeployment({ namespace, name, image: image(name, tag) })
    .replace('  annotations:\n', `  annotations:\n${more.map((one) => `    fairlead.dev/${one}\n`).join('')}`)
    .replace('spec:\n', `spec:\n  progressDeadlineSeconds: ${giveUpSeconds}\n`)
}

/** The record of a Deployment's newest rollout, as soon as it says all this. */
export function rolloutOf(
  world: World,
  name: string,
  wanted: Partial<WorkloadRolloutStateStatus>,
  fairlead: Fairlead,
): Promise<WorkloadRolloutStateStatus> {
  return eventually(
    `the rollout of ${world.namespace}/${name} is ${JSON.stringify(wanted)}`,
    async () => {
      const found = await listed<WorkloadRolloutState>(world, 'WorkloadRolloutState')
      const status = found.find(({ spec }) => spec.workloadRef.name === name)?.status
      if (status !== undefined && isLike(status, wanted)) return status
      throw new Error(JSON.stringify(status))
    },
    { watched: [fairlead.component], everyMs: 50 },
  )
}

/** What an Event about an object of the world says, as soon as there is one with this reason. */
export function eventAbout(world: World, name: string, reason: string, fairlead: Fairlead): Promise<string> {
  return eventually(
    `an Event ${reason} about ${world.namespace}/${name}`,
    async () => {
      const events = await world.lab.plane.kubernetes.list('v1', 'Event', world.namespace)
      const about = events.filter((one) => valueAt(one, 'involvedObject', 'name') === name)
      const found = about.find((one) => valueAt(one, 'reason') === reason)
      if (found !== undefined) return String(valueAt(found, 'message'))
      throw new Error(about.map((one) => `${valueAt(one, 'reason')}: ${valueAt(one, 'message')}`).join('\n'))
    },
    { watched: [fairlead.component] },
  )
}

/** The decisions to leave a workload's tag for another: those that bring something new, or those that put back. */
export async function requestsFrom(
  world: World,
  { name, tag, action = 'update' }: { name: string; tag: string; action?: 'update' | 'rollback' },
): Promise<UpdateRequest[]> {
  const requests = await listed<UpdateRequest>(world, 'UpdateRequest')
  return requests.filter(
    ({ spec }) => spec.change.from === world.image(name, tag) && (spec.action ?? 'update') === action,
  )
}

async function listed<T extends KubernetesObject>({ lab, namespace }: World, kind: T['kind']): Promise<T[]> {
  return (await lab.plane.kubernetes.list('fairlead.dev/v1alpha1', kind, namespace)) as T[]
}

/** The commits to a file after `since`, oldest first. */
export async function commitsTo(world: World, file: string, since: string): Promise<Commit[]> {
  return (await world.gitops.commitsSince(since)).filter(({ files }) => files.includes(file))
}

/** The first of them, as soon as it is there. */
export function nextCommitTo(world: World, file: string, since: string, fairlead: Fairlead): Promise<Commit> {
  return eventually(`fairlead commits to ${file}`, async () => (await commitsTo(world, file, since))[0], {
    watched: [fairlead.component],
  })
}

/** What came of a version that failed. */
export interface Failure {
  /** From before it came until what ran before runs again. */
  phases: readonly string[]
  /** As its rollout was recorded when it had failed. */
  record: WorkloadRolloutStateStatus
  /** All commits to the file. */
  commits: readonly Commit[]
}

/** Releases a version that fails, and waits until it has been put back and what ran before runs again. */
export async function releaseBad(
  world: World,
  { name, tag, file }: { name: string; tag: string; file: string },
  fairlead: Fairlead,
): Promise<Failure> {
  const before = await world.gitops.head()
  const isOver = (seen: readonly string[]) => seen.includes('failed') && seen.at(-1) === 'success'
  const [phases, record] = await Promise.all([
    phasesUntil(fairlead, { namespace: world.namespace, name }, isOver),
    rolloutOf(world, name, { phase: 'failed' }, fairlead),
    world.release(name, tag),
  ])
  const commits = await commitsTo(world, file, before)
  await rolloutOf(world, name, { phase: 'success', rollback: true, commit: commits.at(-1)?.id ?? '' }, fairlead)
  return { phases, record, commits }
}

/** A condition of the one request that is meant, as soon as it is like this. */
export function conditionWith(
  world: World,
  which: Parameters<typeof requestsFrom>[1],
  wanted: Pick<Condition, 'type'> & Partial<Condition>,
  fairlead: Fairlead,
): Promise<Condition> {
  const { name, tag, action = 'update' } = which
  return eventually(
    `the ${action} of ${world.namespace}/${name} from ${tag} has ${JSON.stringify(wanted)}`,
    async () => {
      const [request] = await requestsFrom(world, which)
      const condition = request && conditionOf(request, wanted.type)
      if (condition !== undefined && isLike(condition, wanted)) return condition
      throw new Error(JSON.stringify(request?.status))
    },
    { watched: [fairlead.component], everyMs: 50 },
  )
}

function isLike(object: object, wanted: object): boolean {
  return Object.entries(wanted).every(([key, value]) => valueAt(object, key) === value)
}

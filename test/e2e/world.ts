import { eventually } from './eventually.ts'
import type { Account, Fairlead } from './fairlead.ts'
import { appliedCommit, declareRoots, namespaceObject, type Root } from './flux.ts'
import type { Commit, Gitops } from './gitops.ts'
import { pushImage } from './image.ts'
import { conditionOf, valueAt } from './kubernetes.ts'
import type { Lab } from './lab.ts'

/** One namespace of the lab with its own repository, so that stories do not meet. */
export interface World {
  readonly lab: Lab
  readonly account: Account
  readonly namespace: string
  readonly gitops: Gitops
  /** With which Flux reads the repository. */
  readonly login: { username: string; password: string }
  /** Image reference of a workload's tag. */
  image(name: string, tag: string): string
  /** Pushes the tag; the registry then notifies fairlead. */
  release(name: string, tag: string): Promise<void>
}

/** Its repository is at the lab's Git server, unless one elsewhere is given. */
export async function createWorld(
  lab: Lab,
  account: Account,
  namespace: string,
  elsewhere?: Pick<World, 'gitops' | 'login'>,
): Promise<World> {
  await lab.plane.kubernetes.apply(namespaceObject(namespace))
  const { user: username, password } = lab.git
  return {
    lab,
    account,
    namespace,
    ...(elsewhere ?? { gitops: await lab.createRepository(namespace), login: { username, password } }),
    image: (name, tag) => `${lab.registry}/${namespace}/${name}:${tag}`,
    release: async (name, tag) => {
      await pushImage({ host: lab.registry, repository: `${namespace}/${name}`, tag })
    },
  }
}

/** Declares the roots to Flux and waits until the Deployments in them run. */
export async function deployWithFlux(world: World, roots: readonly Root[], deployments: readonly string[]) {
  const { kubernetes } = world.lab.plane
  await declareRoots(kubernetes, { name: world.namespace, url: world.gitops.url, ...world.login }, roots)
  for (const name of deployments) {
    await eventually(
      `Deployment ${world.namespace}/${name} is available`,
      async () => {
        const deployment = await kubernetes.get('apps/v1', 'Deployment', world.namespace, name)
        return conditionOf(deployment, 'Available') === 'True' ? true : undefined
      },
      { watched: world.lab.components },
    )
  }
}

/** How many of the registry's notifications fairlead has taken. */
export async function notificationsTaken(fairlead: Fairlead): Promise<number> {
  const requests = await fairlead.samples('fairlead_webhook_requests_total')
  const taken = requests.filter(({ labels }) => labels.receiver === 'registry' && labels.code?.startsWith('2'))
  return taken.reduce((sum, { value }) => sum + value, 0)
}

/**
 * Waits until fairlead has taken the notifications of earlier releases and found nothing newer: from then on only the
 * next notification can make it look again.
 */
export async function untilContent(fairlead: Fairlead, earlierReleases: number): Promise<void> {
  await eventually(
    'fairlead knows of all earlier releases and wants none of them',
    async () => {
      const checks = await fairlead.samples('fairlead_image_policy_checks_total')
      const isContent = checks.some(({ labels, value }) => labels.result === 'no-candidate' && value > 0)
      return isContent && (await notificationsTaken(fairlead)) >= earlierReleases ? true : undefined
    },
    { watched: [fairlead.component] },
  )
}

/** The first commit on the branch after `since`. */
export function nextCommit(world: World, since: string, fairlead: Fairlead): Promise<Commit> {
  return eventually('fairlead commits', async () => (await world.gitops.commitsSince(since))[0], {
    watched: [fairlead.component],
  })
}

/** Waits until the revision that Flux says it applied for the root holds the commit. */
export async function untilApplied(world: World, root: string, commit: string): Promise<void> {
  await eventually(`Flux applied ${commit} for ${root}`, async () => {
    const applied = await appliedCommit(world.lab.plane.kubernetes, root)
    return applied !== undefined && (await world.gitops.contains(applied, commit)) ? true : undefined
  })
}

export interface Decision {
  name: string
  workload: string
  to: string
  phase: string | undefined
  commit: string | undefined
}

/** The UpdateRequests of the world that are about a workload. */
export async function decisionsAbout(world: World, workload: string): Promise<Decision[]> {
  const requests = await world.lab.plane.kubernetes.list('fairlead.dev/v1alpha1', 'UpdateRequest', world.namespace)
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  return requests
    .map((request) => ({
      name: request.metadata.name,
      workload: text(valueAt(request, 'spec', 'targets', 0, 'name')) ?? '',
      to: text(valueAt(request, 'spec', 'change', 'to')) ?? '',
      phase: text(valueAt(request, 'status', 'phase')),
      commit: text(valueAt(request, 'status', 'commit')),
    }))
    .filter((decision) => decision.workload === workload)
}

/** The decision to bring a workload to an image, as soon as it is in the phase. */
export function decisionIn(world: World, workload: string, phase: string, fairlead: Fairlead): Promise<Decision> {
  return eventually(
    `an UpdateRequest about ${workload} is ${phase}`,
    async () => (await decisionsAbout(world, workload)).find((decision) => decision.phase === phase),
    { watched: [fairlead.component] },
  )
}

/**
 * The phases that the metrics tell of a workload, in order and without repetitions, from now until a rollout has ended.
 */
export function phasesOfNextRollout(fairlead: Fairlead, namespace: string, name: string): Promise<string[]> {
  return phasesUntil(fairlead, { namespace, name }, (seen) => seen.at(-2) === 'rolling_out')
}

/** The same until they are as wanted. */
export function phasesUntil(
  fairlead: Fairlead,
  { namespace, name }: { namespace: string; name: string },
  isEnd: (seen: readonly string[]) => boolean,
): Promise<string[]> {
  const seen: string[] = []
  return eventually(
    `a rollout of ${namespace}/${name} has ended`,
    async () => {
      const samples = await fairlead.samples('fairlead_rollout_phase')
      const current = samples.find(
        ({ labels, value }) => value === 1 && labels.namespace === namespace && labels.name === name,
      )
      const phase = current?.labels.phase
      if (phase !== undefined && phase !== seen.at(-1)) seen.push(phase)
      if (isEnd(seen)) return seen
      throw new Error(seen.join(', '))
    },
    { watched: [fairlead.component], everyMs: 50, timeoutMs: 120_000 },
  )
}

/** Versions that the metrics tell of a workload now. */
export async function versionsOf(fairlead: Fairlead, namespace: string, name: string): Promise<string[]> {
  const samples = await fairlead.samples('fairlead_workload_version_info')
  return samples
    .filter(({ labels }) => labels.namespace === namespace && labels.name === name)
    .map(({ labels }) => labels.version ?? '')
}

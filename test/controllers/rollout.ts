import { resources } from '../../src/api/kubernetes.ts'
import type { FakeWorld } from '../fakes/world.ts'

const revisionAnnotation = 'deployment.kubernetes.io/revision'

/** The Deployment gets this image, as its engine would apply it, and its controller has looked at it. */
export function putLive(world: FakeWorld, name: string, image: string): void {
  const { deployment } = resources
  const live = world.cluster.objects.get(deployment, 'prod', name)
  if (live === undefined) throw new Error(`no Deployment ${name}`)
  const revision = Number(live.metadata.annotations?.[revisionAnnotation] ?? 0) + 1
  const metadata = {
    ...live.metadata,
    annotations: { ...live.metadata.annotations, [revisionAnnotation]: `${revision}` },
  }
  const selector = { matchLabels: { app: name } }
  const spec = { replicas: 1, selector, template: { spec: { containers: [{ name, image }] } } }
  world.cluster.objects.update(deployment, { ...live, metadata, spec }, 'object')
  settle(world, name, { updated: 0 })
}

/** Its controller says how far its pods are; `failure` is what it says when it gives up. */
export function settle(
  world: FakeWorld,
  name: string,
  { updated, failure }: { updated: number; failure?: string },
): void {
  const { deployment } = resources
  const live = world.cluster.objects.get(deployment, 'prod', name)
  if (live === undefined) throw new Error(`no Deployment ${name}`)
  const counters = { replicas: 1, updatedReplicas: updated, readyReplicas: 1, availableReplicas: 1 }
  const exceeded = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: failure }
  const conditions = failure === undefined ? [] : [exceeded]
  const status = { observedGeneration: live.metadata.generation, ...counters, conditions }
  world.cluster.objects.update(deployment, { ...live, status }, 'status')
}

import { resources } from '../../src/api/kubernetes.ts'
import type { FakeWorld } from '../fakes/world.ts'

const revisionAnnotation = 'deployment.kubernetes.io/revision'

/** What else a template holds. */
interface TemplateExtras {
  labels?: Record<string, string>
  env?: { name: string; value: string }[]
}

/** The Deployment gets this image, as its engine would apply it, and its controller has looked at it. */
export function putLive(world: FakeWorld, name: string, image: string, { labels, env }: TemplateExtras = {}): void {
  const { deployment } = resources
  const live = world.cluster.objects.get(deployment, 'prod', name)
  if (live === undefined) throw new Error(`no Deployment ${name}`)
  const revision = Number(live.metadata.annotations?.[revisionAnnotation] ?? 0) + 1
  const metadata = {
    ...live.metadata,
    annotations: { ...live.metadata.annotations, [revisionAnnotation]: `${revision}` },
  }
  const selector = { matchLabels: { app: name } }
  const container = { name, image, ...(env === undefined ? {} : { env }) }
  const metadataOfPods = labels === undefined ? {} : { metadata: { labels } }
  const spec = { replicas: 1, selector, template: { ...metadataOfPods, spec: { containers: [container] } } }
  world.cluster.objects.update(deployment, { ...live, metadata, spec }, 'object')
  settle(world, name, { updated: 0 })
}

/** Its controller says how far its pods are; `failure` is what it says when it gives up, `quota` why it made no pods. */
export function settle(
  world: FakeWorld,
  name: string,
  { updated, available = 1, failure, quota }: { updated: number; available?: number; failure?: string; quota?: string },
): void {
  const { deployment } = resources
  const live = world.cluster.objects.get(deployment, 'prod', name)
  if (live === undefined) throw new Error(`no Deployment ${name}`)
  const counters = { replicas: 1, updatedReplicas: updated, readyReplicas: available, availableReplicas: available }
  const exceeded = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: failure }
  const refused = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: quota }
  const conditions = [...(failure === undefined ? [] : [exceeded]), ...(quota === undefined ? [] : [refused])]
  const status = { observedGeneration: live.metadata.generation, ...counters, conditions }
  world.cluster.objects.update(deployment, { ...live, status }, 'status')
}

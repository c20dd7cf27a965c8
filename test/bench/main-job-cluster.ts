import { join } from 'node:path'
import { customResourceDefinitions } from '../../src/api/crd.ts'
import { writeKubeconfig } from '../../src/sandbox/kubeconfig.ts'
import { type ApiServer, startApiServer } from '../../src/sandbox/kubernetes/api-server.ts'
import { fluxObjects } from '../../src/sandbox/seed.ts'
import { fluxDefinitions } from '../../src/sandbox/syncer/definition.ts'
import { fairleadRules } from '../../src/sandbox/world.ts'
import { annotations, type BenchWorkload, firstTag } from './main-job-repository.ts'

/** A Kubernetes API with workloads that Flux has applied; nothing in it moves by itself. */
export interface BenchCluster {
  kubeconfig: string
  /** Calls back for every UpdateRequest that is created or changed. */
  onRequest(listener: (request: SeenRequest) => void): void
  /** Flux has fetched and applied this commit; resolves when the next UpdateRequest says so. */
  apply(commit: string): Promise<void>
  close(): Promise<void>
}

export interface SeenRequest {
  isNew: boolean
  /** The reference that is wanted. */
  to: string
  phase: string | undefined
  isApplied: boolean
}

/** Who the controller is. */
export const user = 'system:serviceaccount:fairlead:fairlead'
export const token = 'bench'

export async function startCluster(
  directory: string,
  flux: { url: string; commit: string; registry: string; workloads: readonly BenchWorkload[] },
): Promise<BenchCluster> {
  const api = await startApiServer({
    tokens: [{ token, user }],
    namespaces: ['fairlead', 'flux-system', 'prod'],
    watchWindow: 10_000,
  })
  for (const object of [...accessObjects(), ...customResourceDefinitions, ...fluxDefinitions]) put(api, object)
  for (const workload of flux.workloads) put(api, deployment(workload, flux.registry))
  for (const object of appliedFlux(flux, flux.commit)) put(api, object)
  const kubeconfig = join(directory, 'kubeconfig')
  await writeKubeconfig(kubeconfig, { server: api.url, token, user: 'fairlead' })
  return {
    kubeconfig,
    onRequest: (listener) => void onRequest(api, listener),
    apply(commit) {
      const applied = new Promise<void>((resolve) => {
        const end = onRequest(api, ({ isApplied }) => {
          if (!isApplied) return
          end()
          resolve()
        })
      })
      for (const object of appliedFlux(flux, commit)) put(api, object)
      return applied
    },
    close: () => api.close(),
  }
}

interface RequestParts {
  spec: { change: { to: string } }
  status?: { phase?: string; conditions?: { type: string; status: string }[] }
}

function onRequest(api: ApiServer, listener: (request: SeenRequest) => void): () => void {
  return api.store.subscribe(({ collection, type, object }) => {
    if (collection !== 'fairlead.dev/updaterequests' || type === 'DELETED') return
    const { spec, status } = object as unknown as RequestParts
    const { phase, conditions = [] } = status ?? {}
    const isApplied = conditions.some((one) => one.type === 'Applied' && one.status === 'True')
    listener({ isNew: type === 'ADDED', to: spec.change.to, phase, isApplied })
  })
}

interface Input {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string }
  status?: object
}

/** Creates or replaces an object and its status, past HTTP. */
export function put({ kinds, objects }: ApiServer, input: object): void {
  const object = input as Input
  const kind = kinds.ofObject(object.apiVersion, object.kind)
  if (kind === undefined) throw new Error(`${object.kind} is not served`)
  const namespace = object.metadata.namespace ?? ''
  const place = { namespace, name: object.metadata.name }
  if (objects.find(kind, namespace, place.name) === undefined) objects.create(kind, namespace, object)
  if (object.status === undefined || !kind.hasStatus) return
  const now = objects.get(kind, namespace, place.name)
  objects.update(kind, { ...place, part: 'status' }, { ...now, status: object.status })
}

/** The shipped rights of the controller. */
export function accessObjects(): object[] {
  const metadata = { name: 'fairlead' }
  const apiGroup = 'rbac.authorization.k8s.io'
  return [
    { apiVersion: `${apiGroup}/v1`, kind: 'ClusterRole', metadata, rules: fairleadRules },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'fairlead' },
      subjects: [{ kind: 'ServiceAccount', name: 'fairlead', namespace: 'fairlead' }],
    },
  ]
}

/** A Deployment that was rolled out long ago. */
function deployment({ name, namespace, image }: BenchWorkload, registry: string): object {
  const condition = {
    status: 'True',
    lastUpdateTime: '2026-01-01T00:00:00Z',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }
  const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
  const container = { name: 'app', image: `${registry}/${image}:${firstTag}`, ports: [{ containerPort: 8080 }] }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, annotations: { ...annotations, 'deployment.kubernetes.io/revision': '1' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [
        { ...condition, type: 'Available', reason: 'MinimumReplicasAvailable' },
        { ...condition, type: 'Progressing', reason: 'NewReplicaSetAvailable' },
      ],
    },
  }
}

function appliedFlux(flux: { url: string; workloads: readonly BenchWorkload[] }, commit: string): object[] {
  const revision = `main@sha1:${commit}`
  const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: revision, observedGeneration: 1 }
  const conditions = [{ ...ready, lastTransitionTime: new Date().toISOString() }]
  const entries = flux.workloads.map(({ namespace, name }) => ({ id: `${namespace}_${name}_apps_Deployment`, v: 'v1' }))
  const { source, kustomization } = fluxObjects(flux.url)
  return [
    { ...source, status: { observedGeneration: 1, artifact: { revision }, conditions } },
    {
      ...kustomization,
      status: {
        observedGeneration: 1,
        lastAppliedRevision: revision,
        lastAttemptedRevision: revision,
        inventory: { entries },
        conditions,
      },
    },
  ]
}

import { join } from 'node:path'
import { type GitHost, type GitHostOptions, startGitHost } from './git-host/git-host.ts'
import type { FileChanges } from './git-host/repository.ts'
import { type GitHubOptions, type GitHubSandbox, startGitHub } from './github/github.ts'
import { isFields } from './json.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { type ApiServer, type ApiServerOptions, startApiServer } from './kubernetes/api-server.ts'
import type { ApiObject } from './kubernetes/object.ts'
import {
  startWorkloadController,
  type WorkloadController,
  type WorkloadControllerOptions,
} from './kubernetes/workload-controller.ts'
import { type RegistryOptions, type SandboxRegistry, startRegistry } from './registry/registry.ts'
import { type DemoSeed, seedDemo } from './seed.ts'
import { type Syncer, startSyncer } from './syncer/syncer.ts'

/** An RBAC rule as in a ClusterRole. */
export interface AccessRule {
  apiGroups: readonly string[]
  resources: readonly string[]
  verbs: readonly string[]
}

export interface WorldOptions {
  /** Existing folder for the kubeconfig files. */
  directory: string
  namespaces?: readonly string[]
  /** Repository name to its first files. */
  repositories?: Readonly<Record<string, FileChanges>>
  /** What fairlead's own service account may do; default: read everything and write its own kinds. */
  rules?: readonly AccessRule[]
  /** Instead of every `spec.interval` of Flux objects, in milliseconds. */
  syncIntervalMs?: number
  kubernetes?: Omit<ApiServerOptions, 'namespaces'>
  workloads?: WorkloadControllerOptions
  registry?: RegistryOptions
  git?: GitHostOptions
  /** Starts a GitHub around the Git host; branches other than the default one may then be rewritten. */
  github?: Omit<GitHubOptions, 'git'>
}

/** A whole small world in this process: cluster with workload controllers, registry, Git host and GitOps engine. */
export interface World {
  kubernetes: ApiServer
  workloads: WorkloadController
  registry: SandboxRegistry
  git: GitHost
  /** Where `options.github` asked for one. */
  github: GitHubSandbox | undefined
  syncer: Syncer
  /** Kubeconfig of fairlead's service account, `system:serviceaccount:fairlead:fairlead`. */
  kubeconfig: string
  /** Kubeconfig of a cluster admin. */
  adminKubeconfig: string
  /** Token of fairlead's service account. */
  token: string
  /** Creates an object or merges into the one that is there, as admin and without HTTP. */
  apply(object: unknown): ApiObject
  /** Undefined when there is none. `kind` is a Kind name; the first one served by that name is taken. */
  get(kind: string, namespace: string, name: string): ApiObject | undefined
  /**
   * The first defined answer of `look`, which is asked again after every change of the cluster or of Git. Rejects
   * after `timeoutMs` (default 10,000) and says what was waited for.
   */
  until<T>(what: string, look: () => T | undefined | false, timeoutMs?: number): Promise<T>
  /** Repository `acme/gitops`, on GitHub where there is one, its Flux objects and first images, applied and rolled out. */
  seedDemo(): Promise<DemoSeed>
  close(): Promise<void>
}

const fairleadToken = 'sandbox-fairlead'

/** Reading, fairlead's own kinds, its Lease, Events and reviews: all that fairlead needs. */
export const fairleadRules: readonly AccessRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['fairlead.dev'], resources: ['*'], verbs: ['*'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'update', 'patch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'update', 'patch'] },
  {
    apiGroups: ['authentication.k8s.io', 'authorization.k8s.io'],
    resources: ['tokenreviews', 'subjectaccessreviews'],
    verbs: ['create'],
  },
]

/** Starts everything on free loopback ports. `close` leaves nothing open. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const user = 'system:serviceaccount:fairlead:fairlead'
  const tokens = [...(options.kubernetes?.tokens ?? []), { token: fairleadToken, user }]
  const namespaces = ['fairlead', 'flux-system', ...(options.namespaces ?? [])]
  const kubernetes = await startApiServer({ ...options.kubernetes, tokens, namespaces })
  const workloads = startWorkloadController(kubernetes, options.workloads)
  const registry = await startRegistry(options.registry)
  const protection = options.github === undefined ? {} : ({ protection: 'default-branch' } as const)
  const git = await startGitHost({ ...protection, ...options.git })
  const github = options.github === undefined ? undefined : await startGitHub({ ...options.github, git })
  for (const [name, files] of Object.entries(options.repositories ?? {})) git.createRepository(name, files)
  const syncer = await startSyncer({
    api: { url: kubernetes.url, token: kubernetes.adminToken },
    git: { ...git, urls: [git.url, ...(github === undefined ? [] : [github.url])] },
    ...(options.syncIntervalMs === undefined ? {} : { intervalMs: options.syncIntervalMs }),
  })
  const kubeconfig = join(options.directory, 'kubeconfig')
  const adminKubeconfig = join(options.directory, 'admin.kubeconfig')
  await writeKubeconfig(kubeconfig, { server: kubernetes.url, token: fairleadToken, user: 'fairlead' })
  await writeKubeconfig(adminKubeconfig, { server: kubernetes.url, token: kubernetes.adminToken, user: 'admin' })

  const world: World = {
    kubernetes,
    workloads,
    registry,
    git,
    github,
    syncer,
    kubeconfig,
    adminKubeconfig,
    token: fairleadToken,
    apply: (object) => applyObject(kubernetes, object),
    get(kind, namespace, name) {
      const served = kubernetes.kinds.all().find((one) => one.kind === kind)
      return served === undefined ? undefined : kubernetes.objects.find(served, namespace, name)
    },
    until: (what, look, timeoutMs = 10_000) =>
      waitUntil({ what, look, timeoutMs }, [kubernetes.store.subscribe, git.onPush]),
    seedDemo: () => seedDemo(world),
    async close() {
      await syncer.close()
      workloads.close()
      await Promise.all([kubernetes.close(), registry.close(), github?.close(), git.close()])
    },
  }
  for (const object of accessObjects(options.rules ?? fairleadRules)) world.apply(object)
  return world
}

function accessObjects(rules: readonly AccessRule[]): unknown[] {
  const metadata = { name: 'fairlead' }
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: 'fairlead' } },
    { ...rbac, kind: 'ClusterRole', rules },
    {
      ...rbac,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'fairlead' },
      subjects: [{ kind: 'ServiceAccount', name: 'fairlead', namespace: 'fairlead' }],
    },
  ]
}

function applyObject({ kinds, objects }: ApiServer, input: unknown): ApiObject {
  const object = isFields(input) ? input : {}
  const { apiVersion, kind: name, metadata } = object
  const kind = kinds.ofObject(String(apiVersion), String(name))
  if (kind === undefined) throw new Error(`the sandbox does not serve ${String(apiVersion)} ${String(name)}`)
  const { namespace = 'default', name: objectName } = isFields(metadata) ? metadata : {}
  const place = { namespace: kind.namespaced ? String(namespace) : '', name: String(objectName) }
  const live = objects.find(kind, place.namespace, place.name)
  if (live === undefined) return objects.create(kind, place.namespace, object)
  const merged = { ...live, ...object, metadata: { ...live.metadata, ...(isFields(metadata) ? metadata : {}) } }
  return objects.update(kind, { ...place, part: 'object' }, merged)
}

type Subscribe = (listener: () => void) => () => void

function waitUntil<T>(
  { what, look, timeoutMs }: { what: string; look: () => T | undefined | false; timeoutMs: number },
  sources: readonly Subscribe[],
): Promise<T> {
  return new Promise((resolve, reject) => {
    let asked = false
    const finish = (end: () => void) => {
      clearTimeout(timer)
      for (const stop of stops) stop()
      end()
    }
    const ask = () => {
      asked = false
      try {
        const found = look()
        if (found !== undefined && found !== false) finish(() => resolve(found))
      } catch (thrown) {
        finish(() => reject(thrown))
      }
    }
    // Many changes in one turn are one question.
    const askSoon = () => {
      if (!asked) setImmediate(ask)
      asked = true
    }
    const stops = sources.map((subscribe) => subscribe(askSoon))
    const timer = setTimeout(
      () => finish(() => reject(new Error(`${timeoutMs} ms have passed without: ${what}`))),
      timeoutMs,
    )
    askSoon()
  })
}

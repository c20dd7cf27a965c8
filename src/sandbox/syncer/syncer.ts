import { type Fields, textAt } from '../json.ts'
import { type ApiClient, createApiClient, type ServedResource } from './api-client.ts'
import { fluxDefinitions } from './definition.ts'
import { sourceKey } from './dependency.ts'
import { parseDuration } from './duration.ts'
import { type GitSource, repositoryAt } from './git-source.ts'
import { type KustomizationParts, reconcileKustomization } from './kustomization.ts'
import { createLoops, keyOf } from './loop.ts'
import { createPauses } from './pause.ts'
import { reconcileSource } from './source.ts'

export interface SyncerOptions {
  api: { url: string; token: string }
  git: GitSource
  /** Instead of every `spec.interval`, in milliseconds. */
  intervalMs?: number
}

/** The GitOps engine of the sandbox: what Flux' source- and kustomize-controller do, in one process. */
export interface Syncer {
  /** Looks at Git now and applies what is new, as a webhook receiver would make Flux do. */
  syncNow(): void
  /** Nothing is fetched or applied until `resume`, as when the controllers are scaled to zero. */
  pause(): void
  resume(): void
  close(): Promise<void>
}

/** Up to this interval a push is seen at once: whoever sets it does not want to wait for a poll. */
const promptIntervalMs = 10_000
/** When a Kustomization that waits for its source or a dependency looks again. */
const dependencyPauseMs = 1000

const sourceResource = { apiVersion: 'source.toolkit.fluxcd.io/v1', plural: 'gitrepositories', namespaced: true }
const resource = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', plural: 'kustomizations', namespaced: true }

/** Installs Flux' kinds and follows them until `close`. */
export async function startSyncer({ api: address, git, intervalMs }: SyncerOptions): Promise<Syncer> {
  const api = createApiClient(address)
  const pauses = createPauses()
  let isOn = true
  await installDefinitions(api)
  const intervalOf = (object: Fields) => intervalMs ?? parseDuration(textAt(object, 'spec', 'interval')) ?? 60_000
  const rhythm = { intervalOf, isOn: () => isOn }

  const sources = createLoops(async (object) => {
    await reconcileSource({ api, resource: sourceResource, git }, await readFresh(api, sourceResource, object))
    return undefined
  }, rhythm)
  const kustomizations = createLoops(async (object) => {
    const result = await reconcileKustomization(parts, await readFresh(api, resource, object))
    if (result === 'waiting') return dependencyPauseMs
    return result === 'failed' ? parseDuration(textAt(object, 'spec', 'retryInterval')) : undefined
  }, rhythm)
  const parts: KustomizationParts = {
    api,
    resource,
    git,
    sourceOf: sources.find,
    kustomizationOf: kustomizations.find,
    pause: pauses.pause,
  }

  const artifacts = new Map<string, string>()
  api.follow(sourceResource, (type, object) => {
    sources.observe(type, object)
    const revision = textAt(object, 'status', 'artifact', 'revision')
    if (artifacts.get(keyOf(object)) === revision) return
    artifacts.set(keyOf(object), revision)
    for (const [key, one] of kustomizations.entries()) if (sourceKey(one) === keyOf(object)) kustomizations.start(key)
  })
  api.follow(resource, kustomizations.observe)
  const stopListening = git.onPush((event) => {
    for (const [key, object] of sources.entries()) {
      const isPrompt = intervalOf(object) <= promptIntervalMs
      if (isPrompt && repositoryAt(git, textAt(object, 'spec', 'url')) === event.repository) sources.start(key)
    }
  })
  const startAll = (loops: typeof sources) => loops.entries().forEach(([key]) => void loops.start(key))

  return {
    syncNow: () => startAll(sources),
    pause() {
      isOn = false
    },
    resume() {
      isOn = true
      startAll(sources)
      startAll(kustomizations)
    },
    async close() {
      stopListening()
      pauses.end()
      await Promise.all([sources.close(), kustomizations.close()])
      api.close()
    },
  }
}

async function installDefinitions(api: ApiClient): Promise<void> {
  const served = await api.resourceOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition')
  if (served === undefined) throw new Error('the API server does not serve CustomResourceDefinitions')
  for (const definition of fluxDefinitions) await api.apply(served, definition)
}

/** The watch may lag behind our own writes, and a run must know what it applied last. */
async function readFresh(api: ApiClient, served: ServedResource, object: Fields): Promise<Fields> {
  const found = await api.get(served, textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name'))
  return found ?? object
}

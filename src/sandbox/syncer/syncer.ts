import { type Fields, textAt } from '../json.ts'
import { createApiClient, type ServedResource } from './api-client.ts'
import { fluxDefinitions } from './definition.ts'
import { sourceKey } from './dependency.ts'
import { parseDuration } from './duration.ts'
import type { GitSource } from './git-source.ts'
import { type KustomizationParts, reconcileKustomization } from './kustomization.ts'
import { reconcileSource, requestedAt } from './source.ts'

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

/** Below this interval a push is seen at once: whoever sets it does not want to wait for a poll. */
const promptIntervalMs = 10_000
const retryMs = 1000

interface Loop {
  object: Fields
  timer: NodeJS.Timeout | undefined
  running: boolean
  again: boolean
}

/** One run; the answer is when to run again if that is not the object's interval, in milliseconds. */
type Run = (loop: Loop) => Promise<number | undefined>

export async function startSyncer({ api: address, git, intervalMs }: SyncerOptions): Promise<Syncer> {
  const api = createApiClient(address)
  const sources = new Map<string, Loop>()
  const kustomizations = new Map<string, Loop>()
  const pauses = new Set<() => void>()
  const running = new Set<Promise<void>>()
  let state: 'on' | 'paused' | 'closed' = 'on'

  const definitions = await api.resourceOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition')
  if (definitions === undefined) throw new Error('the API server does not serve CustomResourceDefinitions')
  for (const definition of fluxDefinitions) await api.apply(definitions, definition)
  const sourceResource = { apiVersion: 'source.toolkit.fluxcd.io/v1', plural: 'gitrepositories', namespaced: true }
  const resource = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', plural: 'kustomizations', namespaced: true }
  const parts: KustomizationParts = {
    api,
    resource,
    git,
    sourceOf: (key) => sources.get(key)?.object,
    kustomizationOf: (key) => kustomizations.get(key)?.object,
    pause: (ms) =>
      new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer)
          pauses.delete(finish)
          resolve(state !== 'closed')
        }
        const timer = setTimeout(finish, ms)
        pauses.add(finish)
      }),
  }

  /** The watch may lag behind our own writes, and a run must know what it applied last. */
  const readFresh = async (served: ServedResource, { object }: Loop): Promise<Fields> => {
    const { namespace, name } = {
      namespace: textAt(object, 'metadata', 'namespace'),
      name: textAt(object, 'metadata', 'name'),
    }
    return (await api.get(served, namespace, name)) ?? object
  }
  const runSource = async (loop: Loop): Promise<number | undefined> => {
    await reconcileSource({ api, resource: sourceResource, git }, await readFresh(sourceResource, loop))
    return undefined
  }
  const runKustomization = async (loop: Loop): Promise<number | undefined> => {
    const result = await reconcileKustomization(parts, await readFresh(resource, loop))
    if (result === 'waiting') return retryMs
    return result === 'failed' ? parseDuration(textAt(loop.object, 'spec', 'retryInterval')) : undefined
  }

  /** Runs once now, once more when asked meanwhile, and again after the interval (sooner after a failure). */
  function start(loops: Map<string, Loop>, key: string, run: Run): void {
    const loop = loops.get(key)
    if (loop === undefined || state !== 'on') return
    if (loop.running) {
      loop.again = true
      return
    }
    loop.running = true
    loop.again = false
    clearTimeout(loop.timer)
    const work = run(loop)
      .catch(() => retryMs)
      .then((pause) => {
        running.delete(work)
        loop.running = false
        if (state === 'closed' || loops.get(key) !== loop) return
        const every = intervalOf(loop.object)
        loop.timer = setTimeout(() => start(loops, key, run), Math.min(every, pause ?? every))
        if (loop.again) start(loops, key, run)
      })
    running.add(work)
  }

  function intervalOf(object: Fields): number {
    return intervalMs ?? parseDuration(textAt(object, 'spec', 'interval')) ?? 60_000
  }

  function follow(loops: Map<string, Loop>, run: Run, changed: (object: Fields) => void) {
    return (type: string, object: Fields): void => {
      const key = `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`
      const known = loops.get(key)
      if (type === 'DELETED') {
        clearTimeout(known?.timer)
        loops.delete(key)
        return
      }
      const loop = known ?? { object, timer: undefined, running: false, again: false }
      const isNews = known === undefined || triggerOf(known.object) !== triggerOf(object)
      loop.object = object
      loops.set(key, loop)
      if (isNews) start(loops, key, run)
      changed(object)
    }
  }

  const artifacts = new Map<string, string>()
  api.follow(
    sourceResource,
    follow(sources, runSource, (object) => {
      const key = `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`
      const revision = textAt(object, 'status', 'artifact', 'revision')
      if (artifacts.get(key) === revision) return
      artifacts.set(key, revision)
      for (const [name, loop] of kustomizations) {
        if (sourceKey(loop.object) === key) start(kustomizations, name, runKustomization)
      }
    }),
  )
  api.follow(
    resource,
    follow(kustomizations, runKustomization, () => undefined),
  )

  const syncNow = () => {
    for (const key of sources.keys()) start(sources, key, runSource)
  }
  const stopListening = git.onPush((event) => {
    for (const [key, { object }] of sources) {
      const isItsUrl =
        textAt(object, 'spec', 'url').replace(/\.git$/, '') === git.urlOf(event.repository).replace(/\.git$/, '')
      if (isItsUrl && intervalOf(object) <= promptIntervalMs) start(sources, key, runSource)
    }
  })

  return {
    syncNow,
    pause() {
      if (state === 'on') state = 'paused'
    },
    resume() {
      if (state !== 'paused') return
      state = 'on'
      syncNow()
      for (const key of kustomizations.keys()) start(kustomizations, key, runKustomization)
    },
    async close() {
      state = 'closed'
      stopListening()
      for (const loop of [...sources.values(), ...kustomizations.values()]) clearTimeout(loop.timer)
      for (const finish of [...pauses]) finish()
      await Promise.all(running)
      api.close()
    },
  }
}

/** A run starts when this changes: the spec, or a request by annotation. */
function triggerOf(object: Fields): string {
  const request = textAt(object, 'metadata', 'annotations', requestedAt)
  return `${String((object['metadata'] as Fields)['generation'])} ${request}`
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KubernetesObject, type Resource, resources } from '../../src/api/kubernetes.ts'
import type { Cluster, FollowObserver, Lease, LeaseLock, OwnObjects } from '../../src/ports.ts'

/** A cluster to test, and a hand that changes what is in it without going through the ports. */
export interface ClusterWorld {
  cluster: Cluster
  own: OwnObjects
  lease(namespace: string, name: string): LeaseLock
  /** Creates or replaces. */
  put(resource: Resource, object: KubernetesObject): Promise<void>
  remove(resource: Resource, namespace: string, name: string): Promise<void>
  /**
   * Makes changes that open watches are not told about, and then lets their history expire: as an ERROR event in the
   * watch, or as the status of the next watch call. Undefined where it cannot be arranged.
   */
  unseen?: (work: () => Promise<void>, form: 'event' | 'status') => Promise<void>
  close(): Promise<void>
}

export const absentKind: Resource = {
  group: 'absent.example.com',
  version: 'v1',
  plural: 'absences',
  kind: 'Absence',
  namespaced: true,
}

/**
 * What every implementation of the Kubernetes ports must do. `namespace` must exist and be empty when a world is opened;
 * the tests about missed changes run only where they can be arranged.
 */
export function describeCluster(
  name: string,
  { namespace, missesChanges }: { namespace: string; missesChanges: boolean },
  open: () => Promise<ClusterWorld>,
): void {
  describe(name, () => {
    let world: ClusterWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    describe('follow', () => {
      it('tells the complete state first, then each change', async () => {
        await world.put(resources.deployment, deployment(namespace, 'web', 1))
        const follow = startFollow(world.cluster, namespace)
        await follow.until((seen) => seen.replicas('web') === 1)
        expect(follow.calls[0]).toBe('replaced')
        await world.put(resources.deployment, deployment(namespace, 'web', 2))
        await world.put(resources.deployment, deployment(namespace, 'api', 3))
        await follow.until((seen) => seen.replicas('web') === 2 && seen.replicas('api') === 3)
        expect(follow.alive).toBeGreaterThan(0)
        await follow.stop()
      })

      it('tells what is gone', async () => {
        await world.put(resources.deployment, deployment(namespace, 'web', 1))
        const follow = startFollow(world.cluster, namespace)
        await follow.until((seen) => seen.replicas('web') === 1)
        await world.remove(resources.deployment, namespace, 'web')
        await follow.until((seen) => seen.replicas('web') === undefined)
        // a real cluster's own controllers may have changed its status in between
        expect(follow.calls.filter((call) => call.startsWith('removed'))).toEqual([`removed ${namespace}/web`])
        await follow.stop()
      })

      it('gives objects with their kind and apiVersion', async () => {
        await world.put(resources.deployment, deployment(namespace, 'web', 1))
        const follow = startFollow(world.cluster, namespace)
        await follow.until((seen) => seen.replicas('web') === 1)
        expect(follow.types).toContain('apps/v1 Deployment')
        await follow.stop()
      })

      it('ends when it is stopped, also before it began, and says nothing afterwards', async () => {
        const follow = startFollow(world.cluster, namespace)
        await follow.stop()
        const calls = follow.calls.length
        await world.put(resources.deployment, deployment(namespace, 'late', 1))
        expect(follow.calls.length).toBe(calls)
      })

      for (const form of missesChanges ? (['event', 'status'] as const) : []) {
        it(`finds out after a 410 (as ${form}) what was removed in between`, async () => {
          await world.put(resources.deployment, deployment(namespace, 'stays', 1))
          await world.put(resources.deployment, deployment(namespace, 'goes', 1))
          const follow = startFollow(world.cluster, namespace)
          await follow.until((seen) => seen.replicas('goes') === 1)
          await world.unseen?.(() => world.remove(resources.deployment, namespace, 'goes'), form)
          await follow.until((seen) => seen.replicas('goes') === undefined)
          expect(follow.seen.replicas('stays')).toBe(1)
          expect(follow.restarts).toContain('expired')
          await follow.stop()
        })
      }
    })

    describe('read', () => {
      it('gets one object, and undefined when there is none', async () => {
        await world.put(resources.deployment, deployment(namespace, 'web', 1))
        const found = await world.cluster.get(resources.deployment, namespace, 'web')
        expect(found?.metadata.name).toBe('web')
        expect(found?.kind).toBe('Deployment')
        expect(await world.cluster.get(resources.deployment, namespace, 'none')).toBeUndefined()
      })

      it('lists what has the labels and fields that are asked for, with their kind, and no more than the limit', async () => {
        for (const [name, tier] of [
          ['web-1', 'front'],
          ['web-2', 'front'],
          ['web-3', 'front'],
          ['db-1', 'back'],
        ] as const) {
          const object = deployment(namespace, name, 1)
          await world.put(resources.deployment, { ...object, metadata: { ...object.metadata, labels: { tier } } })
        }
        const look = async (labels: Record<string, string>, fields: Record<string, string>, limit: number) => {
          const found = await world.cluster.list(resources.deployment, { namespace, labels, fields, limit })
          return found.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`).sort()
        }
        const front = ['apps/v1 Deployment web-1', 'apps/v1 Deployment web-2', 'apps/v1 Deployment web-3']
        expect(await look({ tier: 'front' }, {}, 10)).toEqual(front)
        expect(await look({ tier: 'front' }, {}, 2)).toHaveLength(2)
        expect(await look({ tier: 'front' }, { 'metadata.name': 'web-2' }, 10)).toEqual(['apps/v1 Deployment web-2'])
        expect(await look({ tier: 'none' }, {}, 10)).toEqual([])
        expect(await world.cluster.list(resources.deployment, { namespace: 'elsewhere', limit: 10 })).toEqual([])
      })

      it('discovers what is served and nothing else', async () => {
        expect(await world.cluster.discover(resources.deployment)).toEqual(resources.deployment)
        expect(await world.cluster.discover(absentKind)).toBeUndefined()
        expect(await world.cluster.discover({ ...resources.deployment, kind: 'Absence' })).toBeUndefined()
      })

      it('knows what we may do', async () => {
        expect(await world.cluster.may('get', resources.deployment)).toBe(true)
      })
    })

    describe('own objects', () => {
      it('are created once', async () => {
        const created = await world.own.create(resources.updateRequest, updateRequest(namespace, 'web-1'))
        expect(created.metadata.uid).toBeTruthy()
        expect(created.metadata.resourceVersion).toBeTruthy()
        const again = world.own.create(resources.updateRequest, updateRequest(namespace, 'web-1'))
        await expect(again).rejects.toMatchObject({ code: 'ApiConflict' })
      })

      it('get their status replaced, and nothing but the status', async () => {
        const created = await world.own.create(resources.updateRequest, updateRequest(namespace, 'web-2'))
        const first = { ...created, status: { phase: 'Pending', message: 'waits' }, spec: { policy: 'other' } }
        const written = await world.own.updateStatus(resources.updateRequest, first)
        expect(written.status).toEqual({ phase: 'Pending', message: 'waits' })
        await world.own.updateStatus(resources.updateRequest, { ...written, status: { phase: 'Approved' } })
        const read = await world.cluster.get(resources.updateRequest, namespace, 'web-2')
        expect(read?.status).toEqual({ phase: 'Approved' })
        expect(read?.spec).toEqual(created.spec)
      })

      it('refuse a status that was made from an older version', async () => {
        const created = await world.own.create(resources.updateRequest, updateRequest(namespace, 'web-3'))
        await world.own.updateStatus(resources.updateRequest, { ...created, status: { phase: 'Pending' } })
        const late = world.own.updateStatus(resources.updateRequest, { ...created, status: { phase: 'Approved' } })
        await expect(late).rejects.toMatchObject({ code: 'ApiConflict' })
      })

      it('can be deleted, also when they are gone already', async () => {
        await world.own.create(resources.updateRequest, updateRequest(namespace, 'web-4'))
        await world.own.delete(resources.updateRequest, namespace, 'web-4')
        expect(await world.cluster.get(resources.updateRequest, namespace, 'web-4')).toBeUndefined()
        await world.own.delete(resources.updateRequest, namespace, 'web-4')
      })

      it('of a kind that is not installed cannot be created', async () => {
        const object = { ...updateRequest(namespace, 'web-5'), apiVersion: 'absent.example.com/v1', kind: 'Absence' }
        await expect(world.own.create(absentKind, object)).rejects.toMatchObject({ code: 'ApiNotFound' })
      })
    })

    describe('lease', () => {
      it('is created, read and renewed', async () => {
        const lock = world.lease(namespace, 'fairlead')
        expect(await lock.read()).toBeUndefined()
        const created = await lock.write(lease())
        expect(created).toMatchObject({ ...lease(), resourceVersion: created.resourceVersion })
        const renewed = await lock.write({ ...created, renewTime: '2026-01-01T00:00:02.000000Z' })
        expect(renewed.resourceVersion).not.toBe(created.resourceVersion)
        expect(await lock.read()).toEqual(renewed)
      })

      it('is taken by one of two only', async () => {
        const left = world.lease(namespace, 'fairlead')
        const right = world.lease(namespace, 'fairlead')
        const created = await left.write(lease())
        await expect(right.write(lease())).rejects.toMatchObject({ code: 'ApiConflict' })
        await right.write({ ...created, holder: 'right', transitions: 1 })
        await expect(left.write(created)).rejects.toMatchObject({ code: 'ApiConflict' })
        expect(await left.read()).toMatchObject({ holder: 'right', transitions: 1 })
      })

      it('can be given back', async () => {
        const lock = world.lease(namespace, 'fairlead')
        const created = await lock.write(lease())
        await lock.write({ ...created, holder: '', durationSeconds: 1 })
        expect(await lock.read()).toMatchObject({ holder: '', durationSeconds: 1 })
      })
    })
  })
}

export function deployment(namespace: string, name: string, replicas: number): KubernetesObject {
  const labels = { app: name }
  const containers = [{ name: 'app', image: 'registry.example.com/app:1.0.0' }]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  }
}

function updateRequest(namespace: string, name: string): KubernetesObject {
  const change = {
    repository: 'https://git.example.com/acme/gitops',
    branch: 'main',
    path: 'apps/web.yaml',
    keyPath: '0:spec.template.spec.containers[0].image',
    from: 'registry.example.com/web:1.0.0',
    to: 'registry.example.com/web:1.1.0',
  }
  const targets = [{ kind: 'Deployment', namespace, name: 'web', container: 'app' }]
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { namespace, name },
    spec: { targets, change, policy: 'minor', reason: 'selected', requireApproval: true },
  }
}

function lease(): Lease {
  return {
    resourceVersion: '',
    holder: 'left',
    durationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    transitions: 0,
    annotations: { 'fairlead.dev/webhook-address': '10.0.0.1:8080' },
  }
}

interface Seen {
  replicas(name: string): number | undefined
}

/** Follows Deployments and keeps what the observer was told about one namespace. */
function startFollow(cluster: Cluster, namespace: string) {
  const stop = new AbortController()
  const state = new Map<string, number>()
  const calls: string[] = []
  const restarts: string[] = []
  const types = new Set<string>()
  const waiting = new Set<() => void>()
  const seen: Seen = { replicas: (name) => state.get(`${namespace}/${name}`) }
  let alive = 0
  const told = (call: string) => {
    calls.push(call)
    for (const check of [...waiting]) check()
  }
  const observer: FollowObserver<number> = {
    replaced(objects) {
      state.clear()
      for (const [key, replicas] of objects) state.set(key, replicas)
      told('replaced')
    },
    changed(key, replicas) {
      state.set(key, replicas)
      told(`changed ${key}`)
    },
    removed(key) {
      state.delete(key)
      told(`removed ${key}`)
    },
    alive() {
      alive++
    },
    restarted: (reason) => void restarts.push(reason),
  }
  const shape = (object: KubernetesObject): number => {
    types.add(`${object.apiVersion} ${object.kind}`)
    return (object.spec as { replicas: number }).replicas
  }
  const running = cluster.follow(resources.deployment, shape, observer, stop.signal)
  return {
    calls,
    restarts,
    types,
    seen,
    get alive() {
      return alive
    },
    until: (reached: (seen: Seen) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const check = () => {
          if (!reached(seen)) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
      }),
    async stop() {
      stop.abort()
      await running
    },
  }
}

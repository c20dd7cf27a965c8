import { beforeEach, describe, expect, it } from 'vitest'
import { type KubernetesObject, resources } from '../../src/api/kubernetes.ts'
import { FairleadError } from '../../src/errors.ts'
import type { Cluster } from '../../src/ports.ts'
import { createStore, type Store, type StoreMetrics } from '../../src/runtime/store.ts'
import { deployment } from '../contract/cluster.suite.ts'
import { createManualClock, type ManualClock } from '../fakes/clock.ts'
import { createFakeCluster, type FakeCluster } from '../fakes/cluster.ts'
import { silentLog } from '../fakes/silent-log.ts'

interface Small {
  name: string
  replicas: number
}

const shape = (object: KubernetesObject): Small | undefined =>
  object.metadata.name.startsWith('hidden')
    ? undefined
    : { name: object.metadata.name, replicas: (object.spec as { replicas: number }).replicas }

let fake: FakeCluster
let clock: ManualClock
let told: string[]
let metrics: StoreMetrics
beforeEach(() => {
  fake = createFakeCluster([resources.deployment])
  clock = createManualClock()
  told = []
  metrics = {
    synced: (kind, synced) => told.push(`${kind} synced ${synced}`),
    spoke: (kind, when) => told.push(`${kind} spoke ${when.toISOString()}`),
    restarted: (kind, reason) => told.push(`${kind} restarted ${reason}`),
  }
})

const put = (name: string, replicas: number) => {
  const object = deployment('shop', name, replicas)
  if (fake.objects.get(resources.deployment, 'shop', name) === undefined) {
    fake.objects.create(resources.deployment, object)
  } else fake.objects.update(resources.deployment, object, 'object')
}
const remove = (name: string) => fake.objects.remove(resources.deployment, 'shop', name)

function open(cluster: Cluster = fake.cluster) {
  const store = createStore(cluster, resources.deployment, shape, { clock, log: silentLog, metrics })
  const changes: string[] = []
  store.subscribe((key, before, after) => changes.push(`${key} ${before?.replicas ?? '-'} ${after?.replicas ?? '-'}`))
  const stop = new AbortController()
  const running = store.run(stop.signal)
  return {
    store,
    changes,
    async close() {
      stop.abort()
      await running
    },
  }
}

const names = (store: Store<Small>) => [...store.values()].map(({ name }) => name)

describe('store', () => {
  it('holds all objects once it is synced', async () => {
    put('web', 1)
    put('api', 2)
    const { store, changes, close } = open()
    expect(store.isSynced).toBe(false)
    expect(store.lastSpokenMs).toBeUndefined()
    await store.synced()
    expect(store.isSynced).toBe(true)
    expect(store.size).toBe(2)
    expect(names(store)).toEqual(['web', 'api'])
    expect(store.get('shop/web')).toEqual({ name: 'web', replicas: 1 })
    expect(store.get('shop/none')).toBeUndefined()
    expect(changes).toEqual(['shop/web - 1', 'shop/api - 2'])
    await close()
  })

  it('tells changes, removals and nothing that is equal', async () => {
    put('web', 1)
    const { store, changes, close } = open()
    await store.synced()
    const before = store.get('shop/web')
    changes.length = 0
    put('web', 1)
    expect(changes).toEqual([])
    expect(store.get('shop/web')).toBe(before)
    put('web', 2)
    remove('web')
    expect(changes).toEqual(['shop/web 1 2', 'shop/web 2 -'])
    await close()
  })

  it('finds out in a relist what it has missed, and keeps the objects that are equal', async () => {
    put('stays', 1)
    put('goes', 1)
    put('grows', 1)
    const { store, changes, close } = open()
    await store.synced()
    const stays = store.get('shop/stays')
    changes.length = 0
    fake.objects.unseen(() => {
      remove('goes')
      put('grows', 2)
      put('comes', 1)
    })
    fake.relist()
    expect(changes).toEqual(['shop/goes 1 -', 'shop/grows 1 2', 'shop/comes - 1'])
    expect(store.get('shop/stays')).toBe(stays)
    expect(told).toContain('Deployment restarted expired')
    await close()
  })

  it('leaves out what its shape does not want, also when it stops wanting it', async () => {
    put('hidden', 1)
    const { store, close } = open()
    await store.synced()
    put('hidden-too', 1)
    expect(store.size).toBe(0)
    await close()
  })

  it('tells all subscribers even when one fails, and none that has left', async () => {
    const { store, changes, close } = open()
    await store.synced()
    const left: string[] = []
    const leave = store.subscribe((key) => left.push(key))
    store.subscribe(() => {
      throw new Error('broken')
    })
    const last: string[] = []
    store.subscribe((key) => last.push(key))
    put('web', 1)
    leave()
    put('web', 2)
    expect(changes).toEqual(['shop/web - 1', 'shop/web 1 2'])
    expect(left).toEqual(['shop/web'])
    expect(last).toEqual(['shop/web', 'shop/web'])
    await close()
  })

  it('knows when the API server last spoke', async () => {
    const { store, close } = open()
    await store.synced()
    await clock.advance(5_000)
    put('web', 1)
    expect(store.lastSpokenMs).toBe(5_000)
    expect(told).toContain('Deployment spoke 2026-01-01T00:00:05.000Z')
    await close()
  })

  it('is run once', async () => {
    const { store, close } = open()
    await expect(store.run(new AbortController().signal)).rejects.toMatchObject({ code: 'Internal' })
    await close()
  })
})

describe('index', () => {
  it('finds objects by value, through every change', async () => {
    put('web', 1)
    put('api', 1)
    const { store, close } = open()
    await store.synced()
    store.addIndex('replicas', ({ replicas }) => [String(replicas), 'all'])
    const found = (value: string) => store.byIndex('replicas', value).map(({ name }) => name)
    expect(found('1')).toEqual(['web', 'api'])
    put('web', 2)
    put('new', 2)
    expect(found('1')).toEqual(['api'])
    expect(found('2')).toEqual(['web', 'new'])
    expect(found('all')).toHaveLength(3)
    remove('web')
    expect(found('2')).toEqual(['new'])
    expect(found('__proto__')).toEqual([])
    await close()
  })

  it('must be there, and only once', async () => {
    const { store, close } = open()
    store.addIndex('one', () => [])
    expect(() => store.addIndex('one', () => [])).toThrow(/added twice/)
    expect(() => store.byIndex('two', '')).toThrow(/no index two/)
    await close()
  })
})

describe('a kind that is not installed', () => {
  beforeEach(() => fake.objects.uninstall(resources.deployment))

  it('is synced and empty, and followed as soon as it is installed', async () => {
    const { store, close } = open()
    await store.synced()
    expect(store.size).toBe(0)
    fake.objects.install(resources.deployment)
    put('web', 1)
    await clock.advance(59_000)
    expect(store.size).toBe(0)
    await clock.advance(1_000)
    expect(names(store)).toEqual(['web'])
    await close()
  })

  it('is followed in the version that is served', async () => {
    fake.objects.install({ ...resources.deployment, version: 'v2' })
    const { store, close } = open()
    await store.synced()
    expect(store.resource.version).toBe('v2')
    await close()
  })
})

describe('a kind that is removed', () => {
  it('is forgotten only when it was not found twice, a minute apart', async () => {
    put('web', 1)
    const { store, changes, close } = open()
    await store.synced()
    fake.objects.uninstall(resources.deployment)
    fake.relist()
    await clock.advance(5_000)
    expect(store.size).toBe(1)
    await clock.advance(60_000)
    expect(store.size).toBe(0)
    expect(changes.at(-1)).toBe('shop/web 1 -')
    await close()
  })
})

describe('an API server that does not answer discovery', () => {
  it('is asked again, and nothing is said to be synced before it answers', async () => {
    put('web', 1)
    let answers = 0
    const cluster: Cluster = {
      ...fake.cluster,
      async discover(resource) {
        answers++
        if (answers < 4) throw new FairleadError('ApiUnavailable', 'down')
        return fake.cluster.discover(resource)
      },
    }
    const { store, close } = open(cluster)
    await clock.advance(6_000)
    expect(store.isSynced).toBe(false)
    await clock.advance(1_000)
    expect(store.isSynced).toBe(true)
    expect(told[0]).toBe('Deployment synced false')
    expect(told).toContain('Deployment synced true')
    await close()
  })

  it('can be left alone at any moment', async () => {
    const cluster: Cluster = {
      ...fake.cluster,
      discover: () => Promise.reject(new FairleadError('ApiUnavailable', 'down', { retryAfterMs: 100_000 })),
    }
    const { store, close } = open(cluster)
    await close()
    expect(store.isSynced).toBe(false)
    expect(clock.sleepers).toBe(0)
  })
})

import { describe, expect, test } from 'vitest'
import { objectKey } from '../../../src/api/kubernetes.ts'
import { createImageWatch, type ImageWatch } from '../../../src/controllers/image-update/watch.ts'
import { parseImageReference } from '../../../src/core/image/reference.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { FairleadError } from '../../../src/errors.ts'
import type { ImageRepository, Registry } from '../../../src/ports.ts'
import { createQueue } from '../../../src/runtime/queue.ts'
import { createTagSource } from '../../../src/runtime/tag-source.ts'
import { createManualClock, type ManualClock } from '../../fakes/clock.ts'
import { createFakeRegistry, type FakeRegistry } from '../../fakes/registry.ts'
import { silentLog } from '../../fakes/silent-log.ts'

const digest = `sha256:${'a'.repeat(64)}`
const imageOf = (name: string): ImageRepository => parseImageReference(`ghcr.io/acme/${name}`)

interface World {
  clock: ManualClock
  registry: FakeRegistry
  watch: ImageWatch
  stop(): void
  /** How often the tags of an image were asked for. */
  asked(name: string): number
}

/** A watch over one Deployment for each name, with a registry that lists 1.0.0 for all of them. */
function aWatch(
  names: readonly string[],
  { registry: other, isLeader = () => true }: { registry?: Registry; isLeader?: () => boolean } = {},
): World {
  const clock = createManualClock()
  const registry = createFakeRegistry()
  const stopped = new AbortController()
  const watch = createImageWatch({
    queue: createQueue({ clock, random: () => 0.5 }),
    tags: createTagSource(other ?? registry),
    rules: [],
    mode: 'commit',
    intervalMs: 300_000,
    isLeader,
    clock,
    random: () => 0.5,
    stopped: stopped.signal,
    log: silentLog,
  })
  for (const name of names) {
    registry.push(imageOf(name), '1.0.0', { digest })
    const workload = aWorkload(name)
    watch.changed(objectKey(workload), workload)
  }
  return {
    clock,
    registry,
    watch,
    stop: () => stopped.abort(),
    asked: (name) => registry.calls.filter((call) => call === `tags ghcr.io/acme/${name}`).length,
  }
}

function aWorkload(name: string) {
  return readWorkload({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'prod', uid: name, generation: 1, annotations: { 'fairlead.dev/policy': 'minor' } },
    spec: { replicas: 1, template: { spec: { containers: [{ name, image: `ghcr.io/acme/${name}:1.0.0` }] } } },
    status: {},
  })
}

const down = new FairleadError('RegistryUnavailable', 'ghcr.io is down')

describe('a hint', () => {
  test('of an image that nobody uses is let go', async () => {
    const { watch, asked, clock } = aWatch(['web'])
    watch.hinted(imageOf('other'), '1.1.0')
    await clock.advance(0)
    expect(asked('other')).toBe(0)
  })

  test('of a tag that is listed leads to one look', async () => {
    const { watch, asked, clock } = aWatch(['web'])
    watch.hinted(imageOf('web'), '1.0.0')
    await clock.advance(600_000)
    expect(asked('web')).toBe(1)
  })

  test('of a tag that is not listed yet leads to four looks at most', async () => {
    const { watch, asked, clock } = aWatch(['web'])
    watch.hinted(imageOf('web'), '1.1.0')
    await clock.advance(600_000)
    expect(asked('web')).toBe(4)
  })

  test('is not forgotten while the registry is down, for it was taken', async () => {
    const { watch, asked, clock, registry } = aWatch(['web'])
    registry.failWith(down)
    watch.hinted(imageOf('web'), '1.0.0')
    await clock.advance(3600_000)
    const before = asked('web')
    expect(before).toBeGreaterThan(10)
    registry.failWith(undefined)
    await clock.advance(300_000)
    expect(asked('web')).toBe(before + 1)
    await clock.advance(3600_000)
    expect(asked('web')).toBe(before + 1)
  })

  test('is left to polling when only a person can mend what is wrong', async () => {
    const { watch, asked, clock, registry } = aWatch(['web'])
    registry.failWith(new FairleadError('RegistryAuthFailed', 'ghcr.io refuses'))
    watch.hinted(imageOf('web'), '1.0.0')
    await clock.advance(3600_000)
    expect(asked('web')).toBe(4)
  })

  test('of which there are many asks a registry that is down no more often', async () => {
    const { watch, asked, clock, registry } = aWatch(['web'])
    registry.failWith(down)
    for (let count = 0; count < 100; count++) watch.hinted(imageOf('web'), `1.1.${count}`)
    await clock.advance(10_000)
    const early = asked('web')
    await clock.advance(3600_000)
    expect(early).toBeLessThan(20)
    expect(asked('web') - early).toBeLessThan(20)
  })

  test('is dropped when another replica leads or the process ends', async () => {
    let leads = true
    const { watch, asked, clock, registry, stop } = aWatch(['web', 'api'], { isLeader: () => leads })
    registry.failWith(down)
    watch.hinted(imageOf('web'), '1.0.0')
    await clock.advance(10_000)
    leads = false
    const asWeb = asked('web')
    await clock.advance(3600_000)
    leads = true
    watch.hinted(imageOf('api'), '1.0.0')
    await clock.advance(10_000)
    stop()
    const asApi = asked('api')
    await clock.advance(3600_000)
    expect([asked('web'), asked('api'), clock.sleepers]).toEqual([asWeb, asApi, 0])
  })
})

/** A registry that answers when it is told to, to every question in the order the test likes. */
function aSlowRegistry() {
  const waiting: { name: string; answer: () => void }[] = []
  const registry: Registry = {
    tags: ({ repository }) =>
      new Promise((resolve) => waiting.push({ name: repository, answer: () => resolve(['1.0.0']) })),
    digest: async () => digest,
    platforms: async () => [],
    signed: async () => false,
    builtAt: async () => undefined,
    source: async () => undefined,
  }
  return { registry, waiting }
}

describe('hints at once', () => {
  const names = Array.from({ length: 100 }, (_, index) => `app-${index}`)

  test('of a hundred images are asked about eight at a time, and each answer lets the next one in', async () => {
    const { registry, waiting } = aSlowRegistry()
    const { watch, clock } = aWatch(names, { registry })
    for (const name of names) watch.hinted(imageOf(name), '1.0.0')
    await clock.advance(0)
    expect(waiting).toHaveLength(8)
    for (let at = 0; at < waiting.length; at++) {
      waiting[at]?.answer()
      await clock.advance(0)
      expect(waiting).toHaveLength(Math.min(names.length, 9 + at))
    }
    expect(waiting.map((one) => one.name).sort()).toEqual(names.map((name) => `acme/${name}`).sort())
  })

  test('of one image lead to a look that begins after the last of them', async () => {
    const { registry, waiting } = aSlowRegistry()
    const { watch, clock } = aWatch(['web'], { registry })
    watch.hinted(imageOf('web'), '1.0.0')
    await clock.advance(0)
    for (let count = 0; count < 100; count++) watch.hinted(imageOf('web'), '1.0.0')
    expect(waiting).toHaveLength(1)
    waiting[0]?.answer()
    await clock.advance(0)
    expect(waiting).toHaveLength(2)
    watch.hinted(imageOf('web'), '1.0.0')
    waiting[1]?.answer()
    await clock.advance(0)
    expect(waiting).toHaveLength(3)
  })
})

test('a chart that two releases deploy is asked for once an interval', async () => {
  const { watch, registry, clock, stop } = aWatch([])
  const place = { registry: 'https://charts.example.com', repository: 'podinfo' }
  registry.push(place, '6.5.4', { digest })
  for (const name of ['web', 'api']) {
    const release = {
      kind: 'HelmRelease',
      namespace: 'prod',
      name,
      uid: name,
      labels: {},
      annotations: { 'fairlead.dev/chart-policy': 'minor' },
      containers: [{ name: 'chart', image: 'podinfo:6.5.4' }],
      chart: { place },
    }
    watch.changed(objectKey(release), release)
  }
  const cancel = new AbortController()
  const polling = watch.poll(cancel.signal)
  for (let step = 0; step < 6; step++) await clock.advance(50_000)
  expect(registry.calls).toEqual(['tags https://charts.example.com/podinfo'])
  cancel.abort()
  stop()
  await clock.advance(300_000)
  await polling
})

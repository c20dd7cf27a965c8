import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEventRecorder } from '../../../src/adapters/kubernetes/event.ts'
import { createLeaseLock } from '../../../src/adapters/kubernetes/lease.ts'
import { resources } from '../../../src/api/kubernetes.ts'
import type { EventRecorder } from '../../../src/ports.ts'
import { type FakeApiServer, sendStatus, startApiServer } from '../../fakes/api-server.ts'
import { createManualClock, type ManualClock } from '../../fakes/clock.ts'
import { connect } from './follow-fixture.ts'

let server: FakeApiServer
let connected: Awaited<ReturnType<typeof connect>>
let clock: ManualClock
let recorder: EventRecorder
beforeEach(async () => {
  server = await startApiServer([resources.event, resources.lease])
  connected = await connect(server.url)
  clock = createManualClock()
  recorder = createEventRecorder({ client: connected.client, clock, instance: 'fairlead-0' })
})
afterEach(async () => {
  await connected.close()
  await server.close()
})

const about = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'uid-1' }
const committed = { type: 'Normal' as const, reason: 'Committed', message: 'web:1.0.0 becomes 1.1.0' }
const stored = () => server.objects.list(resources.event) as unknown as Record<string, unknown>[]

describe('event recorder', () => {
  it('writes what kubectl describe shows', async () => {
    await recorder.record(about, committed)
    expect(stored()).toEqual([
      expect.objectContaining({
        involvedObject: about,
        ...committed,
        source: { component: 'fairlead' },
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        reportingComponent: 'fairlead.dev/fairlead',
        reportingInstance: 'fairlead-0',
        metadata: expect.objectContaining({ namespace: 'shop', name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) }),
      }),
    ])
  })

  it('counts the same event within ten minutes of the last one, also when told at once', async () => {
    await Promise.all([recorder.record(about, committed), recorder.record(about, committed)])
    await clock.advance(9 * 60_000)
    await recorder.record(about, committed)
    await clock.advance(9 * 60_000)
    await recorder.record(about, committed)
    expect(stored()).toHaveLength(1)
    expect(stored()[0]).toMatchObject({ count: 4, lastTimestamp: '2026-01-01T00:18:00Z' })
  })

  it('writes a new one after ten minutes, for another object and for another message', async () => {
    await recorder.record(about, committed)
    await recorder.record({ ...about, uid: 'uid-2' }, committed)
    await recorder.record(about, { ...committed, message: 'other' })
    await clock.advance(10 * 60_000)
    await recorder.record(about, committed)
    expect(stored().map(({ count }) => count)).toEqual([1, 1, 1, 1])
  })

  it('writes anew what the cluster has forgotten', async () => {
    await recorder.record(about, committed)
    const [first] = server.objects.list(resources.event)
    server.objects.remove(resources.event, 'shop', first?.metadata.name ?? '')
    await recorder.record(about, committed)
    expect(stored()).toEqual([expect.objectContaining({ count: 1 })])
  })

  it('writes anew what could not be written, and says so', async () => {
    server.once(
      () => true,
      (_, response) => sendStatus(response, 403, 'Forbidden'),
    )
    await expect(recorder.record(about, committed)).rejects.toMatchObject({ code: 'ApiForbidden' })
    await recorder.record(about, committed)
    expect(stored()).toEqual([expect.objectContaining({ count: 1 })])
  })

  it('keeps messages short and free of control characters, and names valid', async () => {
    const message = `red\u001b[31m\n${'x'.repeat(3_000)}`
    await recorder.record({ ...about, name: `${'n'.repeat(229)}.long-name` }, { ...committed, message })
    const [event] = stored() as { message: string; metadata: { name: string } }[]
    expect(event?.message).toMatch(/^red \[31m x+…$/)
    expect(event?.message).toHaveLength(1_024)
    expect(event?.metadata.name).toMatch(/^n{229}\.[0-9a-f]{16}$/)
  })

  it('puts events of cluster-scoped objects into the default namespace', async () => {
    await recorder.record({ ...about, kind: 'Namespace', namespace: '' }, committed)
    expect(stored()[0]).toMatchObject({ metadata: { namespace: 'default' }, involvedObject: { name: 'web' } })
  })
})

describe('lease', () => {
  const place = { namespace: 'flux-system', name: 'fairlead' }
  const lease = {
    resourceVersion: '',
    holder: 'a',
    durationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.123Z',
    renewTime: '2026-01-01T00:00:00Z',
    transitions: 0,
    annotations: {},
  }

  it('writes times with six digits, whatever they were given with', async () => {
    const written = await createLeaseLock(connected.client, place).write(lease)
    expect(written).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.123000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
    })
  })

  it('keeps labels and owners that others have put on it', async () => {
    const lock = createLeaseLock(connected.client, place)
    await lock.write(lease)
    const object = server.objects.get(resources.lease, place.namespace, place.name)
    if (object === undefined) throw new Error('no lease')
    const metadata = { ...object.metadata, labels: { app: 'fairlead' } }
    server.objects.update(resources.lease, { ...object, metadata }, 'object')
    const read = await lock.read()
    if (read === undefined) throw new Error('no lease')
    await lock.write({ ...read, holder: 'b' })
    expect(server.objects.get(resources.lease, place.namespace, place.name)?.metadata.labels).toEqual({
      app: 'fairlead',
    })
  })

  it('that was deleted in between is a conflict', async () => {
    const lock = createLeaseLock(connected.client, place)
    const written = await lock.write(lease)
    server.objects.remove(resources.lease, place.namespace, place.name)
    await expect(lock.write(written)).rejects.toMatchObject({ code: 'ApiConflict' })
  })

  it('that nobody ever held has no holder', async () => {
    const metadata = { ...place }
    server.objects.create(resources.lease, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {} })
    const read = await createLeaseLock(connected.client, place).read()
    expect(read).toMatchObject({ holder: '', durationSeconds: 0, transitions: 0, annotations: {} })
  })
})

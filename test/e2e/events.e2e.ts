import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import { isOwnWrite, writesOf } from './audit.ts'
import { eventually } from './eventually.ts'
import { type Harbour, namespace, openHarbour } from './harbour.ts'
import { valueAt } from './kubernetes.ts'
import { hasten, type Prometheus, shippedRules, startPrometheus } from './prometheus.ts'
import type { Told } from './receiver.ts'
import { type Receivers, receiverSecrets } from './receivers.ts'

/** Who is told of rollouts, and how often, while fairlead is killed again and again; and what Prometheus makes of them. */

type ReceiverName = keyof Receivers

const everybody: readonly ReceiverName[] = ['controlPlane', 'slack', 'pubsub', 'cdevents', 'webhook']
const others = everybody.filter((name) => name !== 'controlPlane')
/** The last one never changes. */
const workloads = ['web', 'api', 'still']

let harbour: Harbour

beforeAll(async () => {
  harbour = await openHarbour(workloads)
})

afterAll(() => harbour?.stop())

const about = (receiver: ReceiverName, workload: string) =>
  harbour.receivers[receiver].told.filter((one) => one.workload === `${namespace}/${workload}`)

const isTransition = ({ what }: Told) => ['rolling_out', 'success', 'failed'].includes(what)

/** What a receiver knows of a workload, in order, when it drops every id that it has. */
function knownTo(receiver: ReceiverName, workload: string): string[] {
  const transitions = about(receiver, workload).filter(isTransition)
  return [...new Map(transitions.map((one) => [one.id, `${one.version} ${one.what}`])).values()]
}

/** How often messages came about this. */
function times(receiver: ReceiverName, workload: string, version: string, what: string): number {
  return about(receiver, workload).filter((one) => one.version === version && one.what === what).length
}

/** Waits until they know as many transitions as there were. */
async function untilKnown(names: readonly ReceiverName[] = everybody): Promise<void> {
  for (const name of names) {
    for (const [workload, transitions] of Object.entries(harbour.happened)) {
      const isKnown = () => (knownTo(name, workload).length >= transitions.length ? true : undefined)
      await eventually(`${name} knows all of ${workload}`, isKnown, harbour.watched())
    }
  }
}

/** Who still has to be told of a phase, as the cluster keeps it. */
function owed(record: KubernetesObject, phase: string): string[] {
  const pending = valueAt(record, 'status', 'pending')
  const event = Array.isArray(pending) ? pending.find((one) => one.phase === phase) : undefined
  return event?.sinks ?? []
}

const owesNobody = (record: KubernetesObject) => valueAt(record, 'status', 'pending') === undefined

describe('an event', () => {
  test('is not told about what ran already when fairlead came', async () => {
    await harbour.live()
    const isBackFilled = (record: KubernetesObject) => valueAt(record, 'status', 'phase') === 'success'
    for (const name of workloads) await harbour.recordOf(name, 'is there', isBackFilled)
    expect(Object.values(harbour.receivers).flatMap(({ told }) => told)).toEqual([])
  })

  test('reaches everybody else while one receiver hangs, and that one after a kill between two receivers', async () => {
    const { receivers, roll, recordOf, fairlead, watched } = harbour
    receivers.controlPlane.be('hangs')
    await Promise.all([roll('web', '1.1.0'), roll('api', '1.1.0-bad')])
    for (const name of others) {
      const hasBegun = () => (times(name, 'web', '1.1.0', 'rolling_out') > 0 ? true : undefined)
      await eventually(`${name} knows that web began`, hasBegun, watched())
    }
    const results = await fairlead().samples('fairlead_events_total')
    expect(results.filter(({ labels, value }) => labels.sink === 'controlPlane' && value > 0)).toEqual([])
    await untilKnown(others)
    const isOwedToOne = (phase: string) => (record: KubernetesObject) => owed(record, phase).join() === 'controlPlane'
    await recordOf('web', 'owes one receiver the beginning', isOwedToOne('rolling_out'))
    await recordOf('web', 'owes one receiver the end', isOwedToOne('success'))
    await recordOf('api', 'owes one receiver the end', isOwedToOne('failed'))
    expect(receivers.controlPlane.told).toEqual([])

    await fairlead().component.end('SIGKILL')
    receivers.controlPlane.be('here')
    await harbour.live()
    await untilKnown()
    await recordOf('web', 'owes nobody', owesNobody)
    expect(others.map((name) => times(name, 'web', '1.1.0', 'success'))).toEqual([1, 1, 1, 1])
  })

  test('says why a version failed, in the words of its pod', () => {
    for (const name of everybody) {
      const failures = about(name, 'api').filter(({ what }) => what === 'failed')
      expect(failures.map(({ text }) => text).join(), name).toContain('ImagePullBackOff')
    }
  })

  test.each<[ReceiverName, string, string]>([
    ['controlPlane', 'the end', 'success'],
    ['slack', 'the beginning', 'rolling_out'],
    ['pubsub', 'the beginning', 'rolling_out'],
    ['cdevents', 'the first message about the end', 'success'],
    ['cdevents', 'the second message about the end', 'service.upgraded'],
    ['webhook', 'the end', 'success'],
  ])('is told again when fairlead is killed after %s has taken %s and before it answers', async (name, _, what) => {
    const { receivers, roll, recordOf, fairlead, watched, lives } = harbour
    const tag = `2.${lives()}.0`
    const isTaken = receivers[name].takeInSilence((one) => one.version === tag && one.what === what)
    await roll('web', tag)
    await eventually(`${name} has taken it`, () => isTaken() || undefined, watched())
    await fairlead().component.end('SIGKILL')
    expect(times(name, 'web', tag, what)).toBe(1)

    await harbour.liveAgain()
    await untilKnown()
    await recordOf('web', 'owes nobody', owesNobody)
    expect(times(name, 'web', tag, what)).toBe(2)
  })

  test('survives a kill before anybody could be told, as do rollouts that nobody watched', async () => {
    const { receivers, roll, recordOf, fairlead, untilEnded } = harbour
    for (const name of everybody) receivers[name].be('away')
    await roll('web', '3.0.0')
    await recordOf('web', 'owes it to everybody', (one) => owed(one, 'success').length === everybody.length)
    await fairlead().component.end('SIGKILL')
    expect(everybody.map((name) => times(name, 'web', '3.0.0', 'rolling_out'))).toEqual([0, 0, 0, 0, 0])
    await Promise.all([roll('web', '3.1.0-bad'), roll('api', '3.0.0')])
    await Promise.all([untilEnded('web'), untilEnded('api')])

    for (const name of everybody) receivers[name].be('here')
    await harbour.liveAgain()
    await untilKnown()
  })

  test('is told of a Deployment that is new, and of a rollout that another one cut short', async () => {
    const { roll, begin } = harbour
    await Promise.all([roll('fresh', '1.0.0'), begin('api', '3.1.0-bad')])
    await untilKnown()
    await roll('api', '3.2.0')
    await untilKnown()
    expect(about('cdevents', 'fresh').map(({ what }) => what)).toEqual(['rolling_out', 'success', 'service.deployed'])
  })

  test('is not told again by a new process when nothing has changed', async () => {
    const { receivers, roll, recordOf, fairlead } = harbour
    for (const name of Object.keys(harbour.happened)) await recordOf(name, 'owes nobody', owesNobody)
    const before = everybody.map((name) => receivers[name].told.length)
    expect(await fairlead().component.end('SIGTERM')).toBe('exit 0')
    await harbour.live()
    // whatever the new process believes to be news is told before what happens now
    await roll('api', '4.0.0')
    await untilKnown()
    const since = everybody.flatMap((name, index) => receivers[name].told.slice(before[index]))
    expect(since.filter(({ version }) => version !== '4.0.0')).toEqual([])
  })
})

describe('Prometheus', () => {
  let prometheus: Prometheus

  const failed = 'FairleadRolloutFailed'
  /** Waits until alerts fire for these Deployments, and for nothing else. */
  const untilFiring = (...names: string[]) =>
    eventually(
      `alerts fire for [${names}]`,
      async () => {
        const firing = (await prometheus.alerts()).filter(({ state }) => state === 'firing')
        const found = firing.map(({ labels }) => labels.name ?? labels.alertname).sort()
        if (found.join() === names.join()) return firing
        throw new Error(`they fire for [${found}]`)
      },
      harbour.watched(),
    )

  test('is given the shipped rules, of which one waits a second instead of a minute', async () => {
    const shipped = await shippedRules()
    const hastened = hasten(shipped, failed, '1s')
    const lines = stringify(shipped).split('\n')
    const changed = stringify(hastened)
      .split('\n')
      .flatMap((line, index) => (line === lines[index] ? [] : [`${lines[index]?.trim()} → ${line.trim()}`]))
    expect(changed).toEqual(['for: 1m → for: 1s'])
    prometheus = await startPrometheus(harbour.lab, harbour.fairlead().metrics, hastened)
    const isWell = async () => ((await prometheus.troubles()).length === 0 ? true : undefined)
    await eventually('Prometheus scrapes fairlead', isWell, harbour.watched())
  })

  test('fires for a version that failed, now or in an earlier life, and not any more when another one runs', async () => {
    const { roll } = harbour
    await untilFiring('web')
    await roll('api', '4.1.0-bad')
    expect(await untilFiring('api', 'web')).toContainEqual(
      expect.objectContaining({
        labels: { alertname: failed, namespace, kind: 'Deployment', name: 'api', severity: 'critical' },
        annotations: expect.objectContaining({ summary: 'The rollout of Deployment shop/api failed.' }),
      }),
    )
    await roll('api', '4.2.0')
    await untilFiring('web')
    await roll('web', '4.2.0')
    await untilFiring()
    expect(await prometheus.troubles()).toEqual([])
    await untilKnown()
  })

  test('finds no mistake in what is exported', async () => {
    const text = await (await fetch(`http://${harbour.fairlead().metrics}/metrics`)).text()
    expect(text).toContain('fairlead_events_total{sink="webhook",result="sent"}')
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8', stdio: 'pipe' })).toBe('')
  })
})

describe('all that time', () => {
  test.each(everybody)('%s knew every transition by one id, in order, and of none that did not happen', (name) => {
    const deployments = Object.keys(harbour.happened)
    const known = Object.fromEntries(deployments.map((one) => [one, knownTo(name, one)]))
    expect(known).toEqual(harbour.happened)
    const places = deployments.map((workload) => `${namespace}/${workload}`)
    expect(harbour.receivers[name].told.filter(({ workload }) => !places.includes(workload))).toEqual([])
  })

  test('an event had one id for everybody, and each of its CDEvents one of its own', () => {
    const ids = new Map<string, Set<string>>()
    for (const name of everybody) {
      for (const { id, workload, version, what } of harbour.receivers[name].told) {
        const key = `${name === 'cdevents' ? 'CDEvent' : 'event'} ${workload} ${version} ${what}`
        ids.set(key, (ids.get(key) ?? new Set()).add(id))
      }
    }
    expect([...ids].filter(([, { size }]) => size !== 1)).toEqual([])
    const all = [...ids.values()].flatMap((one) => [...one])
    expect(new Set(all).size).toBe(all.length)
    expect(all.filter((id) => !/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/.test(id))).toEqual([])
  })

  test('a copy of a message said what the first one said', () => {
    // Slack is told in another way by every second fairlead
    const told = everybody.filter((name) => name !== 'slack').map((name) => harbour.receivers[name].told)
    const copies = told.flatMap((messages) =>
      messages.filter((one) => messages.find(({ id }) => id === one.id)?.text !== one.text),
    )
    expect(copies).toEqual([])
  })

  test('CDEvents told of the service and of the incident as well', () => {
    const words = ['web', 'api'].map((name) => about('cdevents', name).map(({ version, what }) => `${version} ${what}`))
    expect(words[0]).toContain('1.1.0 service.upgraded')
    expect(words[1]).toContain('1.1.0-bad incident.detected')
    expect(words[1]).not.toContain('1.1.0-bad service.upgraded')
    expect(words[1]).toContain('3.0.0 incident.resolved')
  })

  test('every way of telling was used, and no message was refused', () => {
    const { slack, cdevents } = harbour.receivers
    expect([...slack.asked].sort()).toEqual([
      '/api/chat.postMessage application/json; charset=utf-8',
      '/api/chat.update application/json; charset=utf-8',
      '/services/T0/B0/of-the-hook application/json; charset=utf-8',
    ])
    expect([...cdevents.asked].sort()).toEqual(['/broker application/cloudevents+json', '/broker application/json'])
    expect(Object.values(harbour.receivers).flatMap(({ refusals }) => refusals)).toEqual([])
  })

  test('fairlead wrote its own kinds and nothing else to the cluster, and nothing it tried was forbidden', async () => {
    const writes = await writesOf(harbour.lab.plane.auditLog, harbour.account.user)
    expect(writes.map(({ resource }) => resource)).toContain('fairlead.dev/workloadrolloutstates/status')
    expect(writes.filter((write) => !isOwnWrite(write) || write.code === 401 || write.code === 403)).toEqual([])
  })

  test('no secret of a receiver was written to a log', async () => {
    for (let number = 1; number <= harbour.lives(); number += 1) {
      const log = await readFile(join(harbour.lab.dir, `fairlead-${number}.log`), 'utf8')
      expect(log).toContain('holds the lease')
      expect(receiverSecrets.filter((secret) => log.includes(secret))).toEqual([])
    }
  })
})

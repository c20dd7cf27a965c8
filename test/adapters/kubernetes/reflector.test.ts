import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Resource, resources } from '../../../src/api/kubernetes.ts'
import { deployment } from '../../contract/cluster.suite.ts'
import { type FakeApiServer, isList, isWatch, sendStatus, startApiServer } from '../../fakes/api-server.ts'
import { createEagerClock } from './eager-clock.ts'
import { connect, replicasOf, startReflector } from './follow-fixture.ts'

type Connected = Awaited<ReturnType<typeof connect>>

let server: FakeApiServer
let connected: Connected
beforeEach(async () => {
  server = await startApiServer([resources.deployment])
  server.objects.create(resources.deployment, deployment('shop', 'web', 1))
  connected = await connect(server.url)
})
afterEach(async () => {
  await connected.close()
  await server.close()
})

const start = (...options: Parameters<typeof startReflector> extends [unknown, ...infer Rest] ? Rest : never) =>
  startReflector(connected.client, ...options)
const watchesSeen = () => server.requests.filter(isWatch)
const listsSeen = () => server.requests.filter(isList)
const lastVersion = () => watchesSeen().at(-1)?.query.get('resourceVersion')
const change = (replicas: number) =>
  server.objects.update(resources.deployment, deployment('shop', 'web', replicas), 'object')
const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`

/** Sends the head of a watch's answer and then `lines`, and ends it the way that is asked for. */
function watchThat(lines: string, end: 'ends' | 'breaks' | 'hangs') {
  return (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    response.write(lines, () => {
      if (end === 'ends') response.end()
      if (end === 'breaks') response.socket?.resetAndDestroy()
    })
  }
}

describe('a label selector', () => {
  it.each([true, false])('is sent with every list and watch (WatchList %s)', async (watchList) => {
    server.watchList = watchList
    const web = deployment('shop', 'web', 1)
    server.objects.update(
      resources.deployment,
      { ...web, metadata: { ...web.metadata, labels: { team: 'shop' } } },
      'object',
    )
    const labelSelectorOf = ({ kind }: Resource) => (kind === 'Deployment' ? 'team=shop,tier in (web, api)' : undefined)
    const follow = start({ watchList, labelSelectorOf })
    await follow.until(() => follow.state.size === 1)
    await server.watching()
    const asked = [...listsSeen(), ...watchesSeen()].map(({ query }) => query.get('labelSelector'))
    expect(new Set(asked)).toEqual(new Set(['team=shop,tier in (web, api)']))
    await follow.stop()
  })

  it('of another kind is not sent', async () => {
    const follow = start({ labelSelectorOf: ({ kind }) => (kind === 'DaemonSet' ? 'team=shop' : undefined) })
    await follow.until(() => follow.state.size === 1)
    await server.watching()
    expect([...listsSeen(), ...watchesSeen()].some(({ query }) => query.has('labelSelector'))).toBe(false)
    await follow.stop()
  })
})

describe('list', () => {
  it('is read in pages until there is no more', async () => {
    for (let index = 0; index < 7; index++) {
      server.objects.create(resources.deployment, deployment('shop', `app-${index}`, index))
    }
    const follow = start({ pageSize: 3 })
    await follow.until(() => follow.state.size === 8)
    expect(listsSeen().map(({ query }) => `${query.get('limit')} ${query.get('continue')}`)).toEqual([
      '3 null',
      '3 3',
      '3 6',
    ])
    expect(follow.calls).toHaveLength(1)
    await follow.stop()
  })

  it('begins anew, in one piece, when its continue token has expired in the middle (K4)', async () => {
    server.objects.create(resources.deployment, deployment('shop', 'api', 1))
    server.once(
      (request) => request.query.has('continue'),
      (_, response) => sendStatus(response, 410, 'Expired'),
    )
    const follow = start({ pageSize: 1 })
    await follow.until(() => follow.calls.length > 0)
    expect(follow.calls).toEqual(['replaced shop/api shop/web'])
    expect(follow.restarts).toEqual(['expired'])
    expect(listsSeen().at(-1)?.query.get('limit')).toBeNull()
    await follow.stop()
  })

  const notLists: [string, (response: ServerResponse) => void][] = [
    ['a page of HTML', (response) => response.end('<html>sign in</html>')],
    ['an empty list without a resourceVersion', (response) => response.end('{"kind":"DeploymentList","items":[]}')],
    ['an object that is no list', (response) => response.end('{"kind":"Status","metadata":{"resourceVersion":"7"}}')],
    [
      'half a list',
      (response) => response.end('{"kind":"DeploymentList","metadata":{"resourceVersion":"7"},"items":[{'),
    ],
    ['an empty answer', (response) => response.end()],
  ]
  for (const [what, answer] of notLists) {
    it(`is not believed when it is ${what} (K17)`, async () => {
      const follow = start()
      await server.watching()
      server.once(isList, (_, response) => answer(response))
      server.once(isWatch, (_, response) => sendStatus(response, 410, 'Expired'))
      server.watches[0]?.end()
      await follow.until(() => follow.calls.length === 2)
      expect(follow.calls).toEqual(['replaced shop/web', 'replaced shop/web'])
      expect(follow.restarts).toEqual(['closed', 'expired', 'disconnected'])
      await follow.stop()
    })
  }

  it('is not believed at once when it is older than what was seen (K9)', async () => {
    const follow = start()
    await server.watching()
    const past = '{"kind":"DeploymentList","metadata":{"resourceVersion":"3"},"items":[]}'
    server.once(isList, (_, response) => response.end(past))
    server.once(isWatch, (_, response) => sendStatus(response, 410, 'Expired'))
    server.watches[0]?.end()
    await follow.until(() => follow.calls.length === 2)
    expect(follow.restarts).toEqual(['closed', 'expired', 'stale'])
    expect(follow.state.size).toBe(1)
    await follow.stop()
  })

  it('is believed in the end when the API server insists on the past: it was restored', async () => {
    const follow = start()
    await server.watching()
    const past = '{"kind":"DeploymentList","metadata":{"resourceVersion":"3"},"items":[]}'
    for (let answers = 0; answers < 6; answers++) server.once(isList, (_, response) => response.end(past))
    server.once(isWatch, (_, response) => sendStatus(response, 410, 'Expired'))
    server.watches[0]?.end()
    await follow.until(() => follow.calls.length === 2)
    expect(follow.calls[1]).toBe('replaced')
    expect(follow.restarts.filter((reason) => reason === 'stale')).toHaveLength(5)
    await follow.stop()
  })
})

describe('watch', () => {
  it('goes on at once after the server ended it in order, from the last version', async () => {
    const follow = start()
    await server.watching()
    change(2)
    await follow.until(() => follow.state.get('shop/web') === 2)
    const version = String(server.objects.version)
    server.watches[0]?.end()
    await server.received(isWatch, 2)
    expect(lastVersion()).toBe(version)
    expect(listsSeen()).toHaveLength(1)
    expect(follow.clock.waits).toEqual([0])
    await follow.stop()
  })

  it('asks for bookmarks and an end after about 290 s, and goes on from a bookmark', async () => {
    const bookmark = event('BOOKMARK', { kind: 'Deployment', metadata: { resourceVersion: '4711' } })
    server.once(isWatch, watchThat(bookmark, 'ends'))
    const follow = start({ random: () => 0.5 })
    await server.received(isWatch, 2)
    expect(lastVersion()).toBe('4711')
    const { query } = watchesSeen()[0] ?? { query: new URLSearchParams() }
    expect(Object.fromEntries(query)).toMatchObject({ allowWatchBookmarks: 'true', timeoutSeconds: '290' })
    await follow.stop()
  })

  it('is called at most once a second when the server ends it again and again', async () => {
    for (let watches = 0; watches < 12; watches++) {
      const metadata = { resourceVersion: String(5000 + watches) }
      server.once(isWatch, watchThat(event('BOOKMARK', { metadata }), 'ends'))
    }
    const follow = start()
    await server.received(isWatch, 12)
    const [first = -1, ...others] = follow.clock.waits
    expect(first).toBe(0)
    expect(others.length).toBeGreaterThanOrEqual(10)
    for (const wait of others) expect(wait).toBeGreaterThanOrEqual(1000)
    await follow.stop()
  })

  it('starts again from the last version after a reset in the middle of an event (K7)', async () => {
    const whole = event('MODIFIED', { ...deployment('shop', 'web', 5), metadata: meta('web', '4711') })
    const half = event('MODIFIED', { ...deployment('shop', 'web', 6), metadata: meta('web', '4712') }).slice(0, 80)
    server.once(isWatch, watchThat(whole + half, 'breaks'))
    const follow = start()
    await server.received(isWatch, 2)
    expect(lastVersion()).toBe('4711')
    expect(follow.state.get('shop/web')).toBe(5)
    expect(follow.restarts).toEqual(['disconnected'])
    expect(listsSeen()).toHaveLength(1)
    await follow.stop()
  })

  it('is given up when nothing is heard any more, and started again from the last version (K8)', async () => {
    server.once(isWatch, watchThat('', 'hangs'))
    const follow = start()
    await server.received(isWatch)
    follow.clock.silence()
    await server.received(isWatch, 2)
    expect(follow.restarts).toEqual(['idle'])
    expect(listsSeen()).toHaveLength(1)
    await follow.stop()
  })

  it('that is silent twice in a row is followed by a list: the version may never come (K8, K17)', async () => {
    for (let watches = 0; watches < 2; watches++) server.once(isWatch, watchThat('', 'hangs'))
    const follow = start()
    for (let watches = 1; watches <= 2; watches++) {
      await server.received(isWatch, watches)
      follow.clock.silence()
    }
    await follow.until(() => follow.calls.length === 2)
    expect(follow.restarts).toEqual(['idle', 'idle'])
    expect(listsSeen()).toHaveLength(2)
    await follow.stop()
  })

  it('is given up when not even the head of the answer comes (K8)', async () => {
    server.once(isWatch, () => undefined)
    const follow = start()
    await server.received(isWatch)
    follow.clock.silence()
    await server.received(isWatch, 2)
    expect(follow.restarts).toEqual(['idle'])
    await follow.stop()
  })

  const refusals: [number, string, string][] = [
    [500, 'InternalError', 'unavailable'],
    [503, 'ServiceUnavailable', 'unavailable'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [404, 'NotFound', 'missing'],
  ]
  for (const [code, reason, restart] of refusals) {
    it(`goes on after ${code}, with growing waits (K6, K13)`, async () => {
      for (let answers = 0; answers < 8; answers++) {
        server.once(isWatch, (_, response) => sendStatus(response, code, reason))
      }
      const follow = start({ random: () => 0.999 })
      await server.watching()
      expect(new Set(follow.restarts)).toEqual(new Set([restart]))
      const { waits } = follow.clock
      expect([...waits].sort((a, b) => a - b)).toEqual([...waits])
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(1000)
      expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
      await follow.stop()
    })
  }

  it('goes on after an ERROR event that is no 410', async () => {
    server.once(isWatch, watchThat(event('ERROR', { kind: 'Status', code: 500, message: 'etcd' }), 'ends'))
    const follow = start()
    await server.received(isWatch, 2)
    expect(follow.restarts).toEqual(['unavailable'])
    expect(listsSeen()).toHaveLength(1)
    await follow.stop()
  })

  it('lists again when its version is too large for the server (K6)', async () => {
    const details = { message: 'Too large resource version: 99999999', details: { retryAfterSeconds: 1 } }
    server.once(isWatch, (_, response) => sendStatus(response, 504, 'Timeout', details))
    const follow = start()
    await follow.until(() => follow.calls.length === 2)
    expect(listsSeen()).toHaveLength(2)
    await follow.stop()
  })

  for (const [what, matches] of [
    ['watch', isWatch],
    ['list', isList],
  ] as const) {
    it(`waits as long as a 429 for a ${what} asks (K5)`, async () => {
      server.once(matches, (_, response) => sendStatus(response, 429, 'TooManyRequests', { headers: retryAfter(17) }))
      const follow = start()
      await server.watching()
      expect(follow.restarts).toEqual(['throttled'])
      expect(follow.clock.waits[0]).toBeGreaterThanOrEqual(17_000)
      await follow.stop()
    })
  }

  it('counts lines that make no sense, goes on, and lists again when the watch ends', async () => {
    const good = event('MODIFIED', { ...deployment('shop', 'web', 5), metadata: meta('web', '101') })
    const lines = `{"type":"MODIF\n${event('SURPRISE', {})}${event('ADDED', { metadata: {} })}\n\n${good}`
    server.once(isWatch, watchThat(lines, 'ends'))
    const follow = start()
    await follow.until(() => follow.calls.length === 3)
    expect(follow.calls).toEqual(['replaced shop/web', 'changed shop/web', 'replaced shop/web'])
    expect(follow.restarts).toEqual(['malformed'])
    expect(follow.log.lines.filter((line) => line.includes('skipped'))).toHaveLength(3)
    await follow.stop()
  })
})

describe('observer and shape', () => {
  it('may fail without ending the watch', async () => {
    const follow = start(
      {},
      {
        told: () => {
          throw new Error('observer is broken')
        },
      },
    )
    await server.watching()
    change(2)
    await follow.until(() => follow.state.get('shop/web') === 2)
    change(3)
    await follow.until(() => follow.state.get('shop/web') === 3)
    expect(follow.log.lines.filter((line) => line.includes('observer is broken'))).toHaveLength(3)
    expect(follow.restarts).toEqual([])
    await follow.stop()
  })

  it('an object that cannot be shaped is left out, the others are kept', async () => {
    server.objects.create(resources.deployment, deployment('shop', 'odd', 13))
    const follow = start(
      {},
      {
        shape: (object) => {
          if (object.metadata.name === 'odd') throw new Error('odd')
          return replicasOf(object)
        },
      },
    )
    await follow.until(() => follow.calls.length === 1)
    expect(follow.calls).toEqual(['replaced shop/web'])
    await follow.stop()
  })
})

describe('stop', () => {
  it('during a wait opens no further watch', async () => {
    const follow = start()
    await server.watching()
    const before = server.requests.length
    server.watches[0]?.end()
    await follow.until(() => follow.restarts.length === 1)
    await follow.stop()
    await follow.stop()
    expect(server.requests.length).toBeLessThanOrEqual(before + 1)
    const after = server.requests.length
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.requests.length).toBe(after)
    expect(server.watches).toHaveLength(0)
  })
})

describe('WatchList', () => {
  it('is asked for first, and never again once the server does not offer it', async () => {
    const follow = start({ watchList: true, clock: createEagerClock(5_000) })
    await server.watching()
    server.watches[0]?.end()
    await server.received(isWatch, 3)
    const asked = watchesSeen().map(({ query }) => query.has('sendInitialEvents'))
    expect(asked).toEqual([true, false, false])
    expect(follow.calls).toEqual(['replaced shop/web'])
    await follow.stop()
  })

  it('gives the complete state at once and resumes without a list', async () => {
    server.watchList = true
    server.objects.create(resources.deployment, deployment('shop', 'api', 2))
    const follow = start({ watchList: true, clock: createEagerClock(5_000) })
    await follow.until(() => follow.calls.length === 1)
    expect(follow.calls).toEqual(['replaced shop/api shop/web'])
    expect(listsSeen()).toHaveLength(0)
    await follow.stop()
  })

  it('from the past is not believed at once either (K9)', async () => {
    server.watchList = true
    const end = { 'k8s.io/initial-events-end': 'true' }
    const past = event('BOOKMARK', { metadata: { resourceVersion: '3', annotations: end } })
    const follow = start({ watchList: true, clock: createEagerClock(5_000) })
    await server.watching()
    server.once(isWatch, (_, response) => sendStatus(response, 410, 'Expired'))
    server.once((request) => request.query.has('sendInitialEvents'), watchThat(past, 'hangs'))
    server.watches[0]?.end()
    await follow.until(() => follow.calls.length === 2)
    expect(follow.restarts.slice(-2)).toEqual(['expired', 'stale'])
    expect(follow.state.size).toBe(1)
    await follow.stop()
  })

  for (const end of ['hangs', 'ends'] as const) {
    it(`is given up when the server ignores the question and then ${end}`, async () => {
      const object = { ...deployment('shop', 'web', 1), metadata: meta('web', '101') }
      server.once((request) => request.query.has('sendInitialEvents'), watchThat(event('ADDED', object), end))
      const follow = start({ watchList: true, clock: createEagerClock(5_000) })
      await server.received(isWatch)
      if (end === 'hangs') follow.clock.silence()
      await follow.until(() => follow.calls.length === 1)
      expect(follow.calls).toEqual(['replaced shop/web'])
      expect(listsSeen()).toHaveLength(1)
      await follow.stop()
    })
  }
})

function meta(name: string, resourceVersion: string) {
  return { namespace: 'shop', name, resourceVersion }
}

function retryAfter(seconds: number) {
  return { 'retry-after': String(seconds) }
}
